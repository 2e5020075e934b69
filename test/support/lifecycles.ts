import type { Definition } from "../../provider/definition.js";
import type { HostApi } from "../../provider/host/host.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { type Lifecycle, lifecycle } from "../../provider/lifecycle/lifecycle.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { bridge, endpoint, macvlan, natChain, netNamespace, serviceVip, vethPair } from "../../provider/resources.js";

const DEFINITIONS = { bridge, endpoint, macvlan, natChain, netNamespace, serviceVip, vethPair };

/** The kinds of resources, by the names under which the provider has them. */
export type Kind = keyof typeof DEFINITIONS;

/**
 * The argument of resources for which no run asks this machine for tools and rights: it seems to be
 * over ssh.
 */
export const UNASKED = { connection: { host: "fake" } };

/** What parses a kind's arguments. */
export const schemaOf = (kind: Kind) => DEFINITIONS[kind].schema as unknown as Definition<Inputs, Inputs>["schema"];

/** A host that a test makes stands for one run, as a host of a program is read anew by each. */
const runs = new WeakMap<HostApi, Run>();

function runOn(host: HostApi): Run {
  const run = runs.get(host) ?? new Run(product, { host });
  runs.set(host, run);
  return run;
}

/** The six calls of a kind of resource in a run. */
export const lifecycleIn = (run: Run, kind: Kind): Lifecycle =>
  lifecycle(run, DEFINITIONS[kind] as Parameters<typeof lifecycle>[1]);

/** The same on a host that the test has. */
export const lifecycleOn = (host: HostApi, kind: Kind): Lifecycle => lifecycleIn(runOn(host), kind);
