import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import type { NatStep } from "../kernel/plan.js";
import type { ChainSpec } from "../kernel/service-spec.js";
import type { Context } from "../ownership/context.js";
import { ownerName, wantedMark } from "../ownership/mark.js";
import { chainDrift, sameRules } from "./drift.js";
import { actingFor, natStep, type Site } from "./site.js";
import { mayTake, mustBeOurThing } from "./whose.js";

/** Leads a NatChain itself to what is declared. What is in it stays as it is. */
export function planChain(site: Site, spec: ChainSpec, context: Context): NatStep[] {
  const { backend, kernel, state } = site;
  const whose = backend.whose(kernel, { chain: spec.name });
  mustBeOurThing(whose, context);
  const found = state.spec;
  // What is noted in other words, or in another order of families, stays as it is.
  const rules = found && sameRules(found.rules, spec.rules) ? found.rules : spec.rules;
  const chain = { ...spec, rules, mark: wantedMark(found?.mark, context) };
  const said = !whose
    ? drift("name", undefined, spec.name)
    : found
      ? chainDrift(found, chain)
      : drift("name", `${whose.what} without owner`, spec.name);
  const why = said || backend.otherwise(kernel, spec.name, { chain });
  return why ? [natStep(site, { chain }, context, why)] : [];
}

/** Takes a NatChain away. Throws a Refusal while something else is in it. */
export function chainRemoval(site: Site, context: Context): NatStep[] {
  const { backend, kernel, state } = site;
  const whose = backend.whose(kernel, { chain: state.name });
  const { memory } = actingFor(context);
  if (whose ? !mayTake(whose, context) : !memory || !backend.remains(kernel, memory)) return [];
  if (whose) mustBeUnused(site, "name");
  return [clearStep(site, context)];
}

/**
 * Throws a Refusal: what others have put into a chain would go with it. `argument` is why it goes,
 * and `moved` are services that are elsewhere already.
 */
export function mustBeUnused(
  { backend, kernel, state }: Site,
  argument: string,
  moved: ReadonlySet<string> = new Set(),
): void {
  const [found] = backend.inside(kernel, state.name).filter(({ service = "" }) => !moved.has(service));
  if (!found) return;
  const { what, mark } = found;
  throw new Refusal(
    argument,
    `chain ${state.name} is still in use, so it stays: ${what} is ${mark ? `of ${ownerName(mark)}` : "not ours"}; remove that first`,
  );
}

/** Takes a NatChain away with all that is in it. */
export const clearStep = (site: Site, context: Context): NatStep =>
  natStep(site, { chain: null }, context, drift("name", site.state.name, undefined));
