export { bridge } from "./bridge.js";
export { endpoint } from "./endpoint.js";
export { natChain } from "./nat-chain.js";
export { netNamespace } from "./net-namespace.js";
export { serviceVip } from "./service-vip.js";
export { vethPair } from "./veth-pair.js";
