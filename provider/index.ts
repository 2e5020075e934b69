import { anyHostBusy, lifecycle } from "./lifecycle.js";
import { endWell } from "./orphan.js";
import * as resources from "./resources/index.js";

/** The names that resources in state files refer to (`sdk/dynamic.ts`): never rename one. */
export const bridge = lifecycle(resources.bridge);
export const netNamespace = lifecycle(resources.netNamespace);
export const vethPair = lifecycle(resources.vethPair);
export const natChain = lifecycle(resources.natChain);
export const serviceVip = lifecycle(resources.serviceVip);
export const endpoint = lifecycle(resources.endpoint);

// Only in Pulumi's provider process: whoever else imports this has a life of its own.
if (/\/dynamic-provider\//.test(process.argv[1] ?? "")) endWell(anyHostBusy);
