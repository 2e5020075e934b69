import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import type { ChainSpec, ServiceSpec } from "../kernel/service-spec.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { asOwner } from "../ownership/acting.js";
import type { Context, Noted } from "../ownership/context.js";
import { ownerName } from "../ownership/mark.js";
import type { ServiceBackend } from "./backend.js";
import { clearStep, mustBeUnused, planChain } from "./chain-plan.js";
import { serviceDrift } from "./drift.js";
import { serviceRouteSteps } from "./routes.js";
import { mustBeFree } from "./served.js";
import { natStep, type Site, siteOn } from "./site.js";
import { specOf } from "./state.js";
import { applySteps } from "./steps.js";
import { rangeSteps } from "./vip-range.js";
import { mustBeOurThing } from "./whose.js";

/**
 * The steps that lay a NatChain and all that is in it out on one backend, and then take it from the
 * other. Services and endpoints keep their owners, of whatever stack. At every moment one of the
 * two answers for all.
 */
export function moveSteps(
  to: ServiceBackend,
  from: ServiceBackend,
  spec: ChainSpec,
  host: Snapshot,
  context: Context<Noted & { vipRange?: string }>,
): Step[] {
  const model: Snapshot = { ...host };
  const steps: Step[] = [];
  const run = (next: Step[]) => {
    applySteps(model, next);
    steps.push(...next);
  };
  const old = siteOn(from, spec.name, host);
  const services = [...old.state.services].flatMap(([key, held]) => {
    const service = specOf(spec.name, held);
    return service ? [{ key, service }] : [];
  });
  for (const { service } of services) mustBeKnown(service);
  mustBeUnused(old, "backend", new Set(services.map(({ key }) => key)));
  run(planChain(siteOn(to, spec.name, model), spec, context));
  run(rangeSteps({ name: spec.name, vipRange: spec.vipRanges[0] }, model, context, to));
  const site = siteOn(to, spec.name, model);
  run(services.flatMap(({ key, service }) => putSteps(site, key, service, context)));
  run(services.flatMap(({ service }) => serviceRouteSteps(service, model, to)));
  run([clearStep(old, context)]);
  return steps;
}

/** Puts a service of whatever stack where it is to be, in its owner's name. */
function putSteps(site: Site, key: string, service: ServiceSpec, context: Context): Step[] {
  const { backend, kernel, state } = site;
  const as = asOwner(service.mark, context);
  const before = state.services.get(key);
  const { chain, name, endpoints, family, ...head } = service;
  const after = { name, family, service: { name, ...head }, endpoints };
  backend.mustFit(kernel, chain, after, as);
  mustBeOurThing(backend.whose(kernel, { chain, service: key }), as);
  mustBeFree(service, site);
  const why = before?.service
    ? serviceDrift(before.service, after.service)
    : drift("name", backend.missing(kernel, { chain, service: key }), name);
  const said = why || backend.otherwise(kernel, chain, { service: after, whole: true });
  return said ? [natStep(site, { service: key, state: after }, as, said)] : [];
}

/** Throws a Refusal where its rules don't say any more what a service is. */
function mustBeKnown({ chain, name, mark, address }: ServiceSpec): void {
  if (address === "")
    throw new Refusal(
      "backend",
      `service ${chain}/${name} of ${ownerName(mark)} has lost the rules of its address, so what it was is not known: run up with its NatChain as it was, which heals the service, and then change the chain`,
    );
}
