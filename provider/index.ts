import type { Definition } from "./definition.js";
import { tellingBriefly } from "./lifecycle/brief-errors.js";
import { heed } from "./lifecycle/finish.js";
import { type Lifecycle, lifecycle } from "./lifecycle/lifecycle.js";
import { endWell } from "./lifecycle/orphan.js";
import { Run } from "./lifecycle/run.js";
import { refreshesInputs } from "./lifecycle/sdk-release.js";
import { quickenStructs } from "./lifecycle/sdk-structs.js";
import type { Noted } from "./ownership/context.js";
import { product } from "./product.js";
import * as resources from "./resources.js";

/** Pulumi's provider process: any other that imports this has a life of its own. */
const [, script = ""] = process.argv;
const isProvider = /\/dynamic-provider\//.test(script);

/** A process that imports this serves one run. */
const run = new Run(product, { refreshesInputs: !isProvider || refreshesInputs(script) });
const calls = <D, S extends Noted>(definition: Definition<D, S>): Lifecycle =>
  tellingBriefly(lifecycle(run, definition));

/** The names that resources in state files refer to (`sdk/dynamic.ts`): never rename one. */
export const bridge = calls(resources.bridge);
export const netNamespace = calls(resources.netNamespace);
export const vethPair = calls(resources.vethPair);
export const macvlan = calls(resources.macvlan);
export const natChain = calls(resources.natChain);
export const serviceVip = calls(resources.serviceVip);
export const endpoint = calls(resources.endpoint);

if (isProvider) {
  quickenStructs(script);
  endWell(run);
  heed(run);
}
