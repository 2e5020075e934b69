import { tellingBriefly } from "./lifecycle/brief-errors.js";
import { anyHostBusy, lifecycle } from "./lifecycle/lifecycle.js";
import { endWell } from "./lifecycle/orphan.js";
import * as resources from "./resources.js";

/** The names that resources in state files refer to (`sdk/dynamic.ts`): never rename one. */
export const bridge = tellingBriefly(lifecycle(resources.bridge));
export const netNamespace = tellingBriefly(lifecycle(resources.netNamespace));
export const vethPair = tellingBriefly(lifecycle(resources.vethPair));
export const natChain = tellingBriefly(lifecycle(resources.natChain));
export const serviceVip = tellingBriefly(lifecycle(resources.serviceVip));
export const endpoint = tellingBriefly(lifecycle(resources.endpoint));

// Only in Pulumi's provider process: whoever else imports this has a life of its own.
if (/\/dynamic-provider\//.test(process.argv[1] ?? "")) endWell(anyHostBusy);
