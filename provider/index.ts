import type { Definition } from "./definition.js";
import { tellingBriefly } from "./lifecycle/brief-errors.js";
import { finish } from "./lifecycle/finish.js";
import { type Lifecycle, lifecycle } from "./lifecycle/lifecycle.js";
import { endWell } from "./lifecycle/orphan.js";
import { Run } from "./lifecycle/run.js";
import { refreshesInputs } from "./lifecycle/sdk-release.js";
import { quickenStructs } from "./lifecycle/sdk-structs.js";
import type { OwnResource } from "./lifecycle/stack-resources.js";
import type { Noted } from "./ownership/context.js";
import { product } from "./product.js";
import * as resources from "./resources.js";

/** Pulumi's provider process: any other that imports this has a life of its own. */
const [, script = ""] = process.argv;
const isProvider = /\/dynamic-provider\//.test(script);

/** The code of each kind of resource, by the names that state files refer to: never rename one. */
function handlers(run: Run) {
  const calls = <D, S extends Noted>(definition: Definition<D, S>): Lifecycle =>
    tellingBriefly(lifecycle(run, definition));
  return {
    bridge: calls(resources.bridge),
    netNamespace: calls(resources.netNamespace),
    vethPair: calls(resources.vethPair),
    macvlan: calls(resources.macvlan),
    natChain: calls(resources.natChain),
    serviceVip: calls(resources.serviceVip),
    endpoint: calls(resources.endpoint),
  };
}

/** A process that imports this serves one run. */
const run = new Run(product, { refreshesInputs: !isProvider || refreshesInputs(script) });

/** What `sdk/dynamic.ts` names. */
export const { bridge, netNamespace, vethPair, macvlan, natChain, serviceVip, endpoint } = handlers(run);

/**
 * The same for the embedded engine, which calls in its own process: one for each deployment.
 * `state` are the stack's resources, `say` tells the user a line.
 */
export function serve({ state, say }: { state: OwnResource[]; say(line: string): void }) {
  const run = new Run(product, { say });
  run.resources.told = () => state;
  const all: Record<string, Lifecycle> = handlers(run);
  return {
    calls: (handler: string) => all[handler],
    /** `untargeted` are those that the program declares and nobody calls for. */
    finish: (untargeted: OwnResource[]) => finish(run, untargeted),
    /** Begins nothing more, and resolves when no change is under way. */
    close: () => run.end("the run ends"),
  };
}

if (isProvider) {
  quickenStructs(script);
  endWell(run);
}
