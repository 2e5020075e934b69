export { bridge } from "./links/bridge.js";
export { macvlan } from "./links/macvlan.js";
export { netNamespace } from "./links/net-namespace.js";
export { vethPair } from "./links/veth-pair.js";
export { endpoint } from "./services/endpoint.js";
export { natChain } from "./services/nat-chain.js";
export { serviceVip } from "./services/service-vip.js";
