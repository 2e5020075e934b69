import { drift } from "../kernel/drift.js";
import type { Step } from "../kernel/plan.js";
import type { ServiceSpec } from "../kernel/service-spec.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { belongsTo } from "../ownership/mark.js";
import { inChain } from "./bulk-args.js";
import { because, elementPlan, refusedAs, shownElement } from "./element.js";
import { looseRemoval } from "./loose.js";
import { formerRouteSteps, isServiceThere, serviceRouteSteps } from "./routes.js";
import { type BulkService, type ServiceArgs, serviceSpec } from "./service-args.js";
import { type FormerService, type PlannedService, planService, removeService } from "./service-plan.js";
import { modelOf, type Site } from "./site.js";
import { keyOf, setService, specOf } from "./state.js";

/** What the state file has of a list. */
type FormerList = Noted & { services?: BulkService[] };

/** A service of the list, in the words of a ServiceVip. */
export const listed = (chain: string, services: BulkService[] = []): ServiceArgs[] =>
  services.map((each) => inChain(chain, each));

/**
 * The steps for the services that a NatChain carries, one after the other on a model of the chain.
 * Those that are listed no more go first. Routes are settled at the end: one that a service no
 * longer needs may be another's by then.
 */
export function bulkSteps(found: Site, services: ServiceArgs[], host: Snapshot, context: Context<FormerList>): Step[] {
  const specs = services.map((each) => serviceSpec({ ...each, bulk: true }, context.mark));
  const listedKeys = new Set(specs.map(keyOf));
  const there = ourServices(found, context);
  const gone = there.filter((each) => each.bulk && !listedKeys.has(keyOf(each)));
  if (specs.length === 0 && gone.length === 0) return [];
  const before = formerly(context, there);
  const model = new Model(modelOf(found));
  for (const spec of gone) {
    const why = drift("services", spec.name, undefined);
    const { steps } = model.take(removeService(model.site, spec, before(spec.name)), keyOf(spec), why);
    model.steps.push(...because(why, steps));
  }
  const wanted: Step[] = [];
  for (const [at, spec] of specs.entries()) {
    const element = shownElement(`services[${at}]`, spec.name);
    const planned = refusedAs(element, () => planService(model.site, spec, before(spec.name)));
    const steps = elementPlan(element, () => planned.steps);
    model.take(planned, keyOf(spec), steps[0]?.why);
    model.steps.push(...steps);
    const routes = elementPlan(element, () => serviceRouteSteps(spec, host, found.backend));
    wanted.push(...(isServiceThere(found, spec) ? routes : because(steps[0]!.why, routes)));
  }
  return [...model.steps, ...model.formerRoutes(host), ...unique(wanted)];
}

/** Takes the services of a list away, and those that the chain carries by what is noted of them. */
export function bulkRemoval(
  found: Site,
  services: ServiceArgs[],
  host: Snapshot,
  context: Context<FormerList>,
): Step[] {
  const there = ourServices(found, context);
  const carried = there.filter(({ bulk }) => bulk);
  const names = new Set(there.map(({ name }) => name));
  // Of those whose rules somebody has flushed only the state file knows.
  const noted = services.map((each) => serviceSpec(each, context.mark)).filter(({ name }) => !names.has(name));
  const before = formerly(context, there);
  const model = new Model(modelOf(found));
  for (const spec of [...carried, ...noted])
    model.steps.push(...model.take(removeService(model.site, spec, before(spec.name)), keyOf(spec)).steps);
  return [...model.steps, ...looseRemoval(found, services, context), ...model.formerRoutes(host)];
}

/** Several services can be at one address. */
const unique = (steps: Step[]): Step[] => [
  ...new Map(steps.map(({ why: _, ...step }, at) => [JSON.stringify(step), steps[at]!])).values(),
];

/** The services of this stack in a NatChain. */
function ourServices({ state }: Site, context: Context): ServiceSpec[] {
  return [...state.services.values()]
    .flatMap((held) => specOf(state.name, held) ?? [])
    .filter(({ mark }) => belongsTo(mark, context) === "ours");
}

/**
 * In what context an element is planned: with what the state file says of it, where that knows it
 * or this stack has such a service already, which then comes to be carried; else it is new.
 */
function formerly(context: Context<FormerList>, there: ServiceSpec[]): (name: string) => Context<FormerService> {
  const { newTables, newChains, services = [] } = context.previous ?? {};
  const known = new Map(services.map((each) => [each.name, each]));
  const found = new Set(there.map(({ name }) => name));
  return (name) => {
    const isOld = context.previous !== undefined && (known.has(name) || found.has(name));
    return { ...context, previous: isOld ? { ...known.get(name), newTables, newChains } : undefined };
  };
}

/** The chain as the steps so far leave it. */
class Model {
  readonly steps: Step[] = [];
  /** Addresses that services have no more, and why where that is known. */
  private readonly former = new Map<string, string | undefined>();

  constructor(readonly site: Site) {}

  take(planned: PlannedService, key: string, why?: string): PlannedService {
    setService(this.site.state, key, planned.state);
    for (const address of planned.former) this.former.set(address, why);
    return planned;
  }

  formerRoutes(host: Snapshot): Step[] {
    return [...this.former].flatMap(([address, why]) => {
      const steps = formerRouteSteps([address], this.site, undefined, host);
      return why === undefined ? steps : because(why, steps);
    });
  }
}
