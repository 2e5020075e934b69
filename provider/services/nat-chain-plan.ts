import { drift } from "../kernel/drift.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo } from "../ownership/mark.js";
import type { ServiceBackend } from "./backend.js";
import { backendNamed } from "./backend-named.js";
import { backends } from "./backends.js";
import { bulkRemoval, bulkSteps } from "./bulk.js";
import { chainRemoval, planChain } from "./chain-plan.js";
import { because } from "./element.js";
import { moveSteps } from "./move.js";
import { type ChainArgs, carried, chainSpec, type NatChainState, named } from "./nat-chain-args.js";
import { siteOn } from "./site.js";
import { applySteps } from "./steps.js";
import { straysOfChain } from "./strays.js";
import { goneRanges, mustHoldNoNetwork, rangeRemoval, rangeSteps } from "./vip-range.js";
import { mustBeOurThing } from "./whose.js";

/**
 * Is there anything of it on a backend that this stack made? Throws a Refusal where another stack
 * has one of that name: services would not know in which they are.
 */
function isOurs(backend: ServiceBackend, { name }: ChainArgs, host: Snapshot, context: Context): boolean {
  const whose = backend.whose(backend.of(host), { chain: name });
  const marks = (whose?.marks ?? []).filter((mark) => belongsTo(mark, context) !== "nobody");
  const ours = marks.some((mark) => belongsTo(mark, context) === "ours");
  if (whose && marks.length > 0 && !ours)
    mustBeOurThing({ ...whose, what: `NatChain ${name} on ${backend.name}` }, context);
  return ours;
}

/** Throws a Refusal where another stack has one of that name on another backend. */
export function mustBeOnOneBackend(desired: ChainArgs, host: Snapshot, context: Context): void {
  for (const each of backends) if (each.name !== desired.backend) isOurs(each, desired, host, context);
}

/**
 * The steps to a NatChain with the services that it carries; one that is on another backend is
 * moved.
 */
export function planNatChain(desired: ChainArgs, host: Snapshot, context: Context<NatChainState>): Step[] {
  const { name, vipRange, services } = desired;
  const backend = backendNamed(desired.backend);
  const from = backends.find((each) => each !== backend && isOurs(each, desired, host, context));
  if (vipRange) mustHoldNoNetwork(vipRange, host);
  backend.mustBeAlone(host, named(desired));
  const spec = chainSpec(desired, context.mark);
  const site = siteOn(backend, name, host);
  const chain = from
    ? because(drift("backend", from.name, backend.name), moveSteps(backend, from, spec, host, context))
    : [...planChain(site, spec, context), ...rangeSteps(desired, host, context, backend)];
  if (!services && !context.previous) return chain;
  const model = { ...host };
  applySteps(model, chain);
  const inside = bulkSteps(siteOn(backend, name, model), carried(desired), model, context);
  // Of a chain that is not there that alone is worth saying.
  const isMissing = !backend.whose(site.kernel, { chain: name });
  return [...chain, ...(chain[0] && isMissing ? because(chain[0].why, inside) : inside)];
}

/** The steps that take it away, wherever it is. */
export function removeNatChain(desired: ChainArgs, host: Snapshot, context: Context<NatChainState>): Step[] {
  const { name, backend: declared } = desired;
  const model = { ...host };
  const steps: Step[] = [];
  const run = (next: Step[]) => {
    applySteps(model, next);
    steps.push(...next);
  };
  let isOthers = false;
  for (const backend of backends) {
    backend.mustBeAlone(host, named(desired), context);
    const isDeclared = backend.name === declared;
    run(bulkRemoval(siteOn(backend, name, model), isDeclared ? carried(desired) : [], model, context));
    const site = siteOn(backend, name, model);
    const marks = backend.whose(site.kernel, { chain: name })?.marks ?? [];
    // A chain without marks is taken for ours where the state file says so, and it says nothing of
    // other backends.
    const ours = marks.some((mark) => belongsTo(mark, context) === "ours");
    if (ours) run(straysOfChain(site, model, context));
    const gone = isDeclared || ours ? chainRemoval(siteOn(backend, name, model), context) : [];
    if (isDeclared && marks.length > 0 && gone.length === 0) isOthers = true;
    run(gone);
  }
  if (!isOthers) for (const range of goneRanges(desired, host, model)) run(rangeRemoval(range, model));
  return steps;
}

/** The steps that take out what this stack has in it and no resource for. */
export function chainStrays({ name }: ChainArgs, host: Snapshot, context: Context): Step[] {
  return backends
    .map((backend) => siteOn(backend, name, host))
    .filter(({ state }) => state.spec && belongsTo(state.spec.mark, context) === "ours")
    .flatMap((site) => straysOfChain(site, host, context));
}
