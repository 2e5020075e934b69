import type { HostApi } from "../../provider/host/host.js";
import { type Lifecycle, lifecycle } from "../../provider/lifecycle/lifecycle.js";
import { bridge, endpoint, natChain, netNamespace, serviceVip, vethPair } from "../../provider/resources.js";

const DEFINITIONS = { bridge, endpoint, natChain, netNamespace, serviceVip, vethPair };

/** The kinds of resources, by the names under which the provider has them. */
export type Kind = keyof typeof DEFINITIONS;

/** The six calls of a kind of resource, on a host that the test has. */
export const lifecycleOn = (host: HostApi, kind: Kind): Lifecycle =>
  lifecycle(DEFINITIONS[kind] as Parameters<typeof lifecycle>[0], () => host) as Lifecycle;
