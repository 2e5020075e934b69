import type { Context, Definition } from "../definition.js";
import { applySteps } from "../kernel/apply.js";
import { drift } from "../kernel/drift.js";
import { familyOf } from "../kernel/family.js";
import type { IpStep, Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isIp, printed } from "../kernel/steps/table.js";
import { belongsTo } from "../ownership/mark.js";
import { inChain } from "./bulk-args.js";
import { serviceClaims, serviceDeclares, serviceDisagrees, within } from "./claims.js";
import { because, planOf, shownElement } from "./element.js";
import { serviceArgs } from "./nftables/move.js";
import { serviceOutputs } from "./outputs.js";
import { isServed } from "./served.js";
import type { BulkService, ServiceArgs } from "./service-args.js";
import { parseService, wholeService } from "./service-vip.js";
import { type BackendName, servicesOn } from "./services-on.js";
import type { ServiceSpec } from "./spec.js";

interface Declared {
  name: string;
  backend: BackendName;
  services?: BulkService[];
}

/**
 * A NatChain with the services that it carries: each is laid out as a ServiceVip would, in the chain's name, one after the other on a model of the
 * host, and those that are listed no more go first.
 */
export function withServices<D extends Declared>(definition: Definition<D>): Definition<D> {
  return {
    ...definition,
    claims: (desired) => [
      ...definition.claims(desired),
      ...listed(desired).flatMap((each, at) => within(`services[${at}]`, serviceClaims(each))),
    ],
    declares: (desired) =>
      Object.assign({}, definition.declares?.(desired), ...listed(desired).map((each) => serviceDeclares(each))),
    disagrees: (desired, of): Record<string, string> => {
      const found = listed(desired).flatMap((each, at) =>
        Object.entries(serviceDisagrees(each, of)).map(([key, reason]) => [`services[${at}].${key}`, reason]),
      );
      return { ...definition.disagrees?.(desired, of), ...Object.fromEntries(found) };
    },
    plan: (desired, host, context) => {
      const chain = definition.plan(desired, host, context);
      const model = new Model(host, chain);
      const { services = [], name, backend } = desired;
      const families = new Map(services.map((each) => [each.name, familyOf(each.address)]));
      const there = ours(backend, name, model.host, context);
      const gone = there.filter((each) => each.bulk && families.get(each.name) !== each.family);
      if (services.length === 0 && gone.length === 0) return chain;
      const whole = wholeService[backend];
      const before = formerly(context, there);
      for (const spec of gone)
        model.run(
          because(
            drift("services", spec.name, undefined),
            whole.remove(argsOf(spec, context), model.host, before(spec.name)),
          ),
        );
      for (const [at, service] of listed(desired).entries()) {
        model.run(
          planOf(shownElement(`services[${at}]`, service.name), () =>
            whole.plan(service, model.host, before(service.name)),
          ),
        );
      }
      // Of a chain that is not there that alone is worth saying.
      const missing = chain[0] && !definition.exists(desired, host, context);
      return [...chain, ...(missing ? because(chain[0]!.why, model.steps()) : model.steps())];
    },
    remove: (desired, host, context) => {
      const model = new Model(host);
      for (const backend of ["nftables", "iptables"] as const) {
        const there = ours(backend, desired.name, host, context);
        const before = formerly(context, there);
        const remove = (service: ServiceArgs) =>
          model.run(wholeService[backend].remove(service, model.host, before(service.name)));
        for (const spec of there) if (spec.bulk) remove(argsOf(spec, context));
        // Of those whose rules somebody has flushed only the state file knows.
        const found = new Set(there.map(({ name }) => name));
        if (backend === desired.backend) for (const each of listed(desired)) if (!found.has(each.name)) remove(each);
      }
      const services = model.steps();
      return [...services, ...definition.remove(desired, model.host, context)];
    },
    refuse: (desired, host, context) => {
      definition.refuse?.(desired, host, context);
      for (const each of listed(desired)) wholeService[desired.backend].refuse?.(each, host, context);
    },
    /** `vips`: by its name, what a client opens of each service. */
    outputs: (desired, host, context) => {
      const { services } = desired;
      const vips = listed(desired).map((each) => {
        const { url, hostPort } = serviceOutputs(each);
        return [each.name, { url, hostPort }] as const;
      });
      return { ...definition.outputs(desired, host, context), ...(services && { vips: Object.fromEntries(vips) }) };
    },
  };
}

const listed = ({ name, services = [] }: Declared): ServiceArgs[] => services.map((each) => inChain(name, each));

/** The services of the list as the state file has it. */
const notedIn = ({ previous }: Context): BulkService[] =>
  Array.isArray(previous?.services) ? (previous.services as BulkService[]) : [];

/** Of one that has lost the rules of its address the state file says the rest. */
function argsOf(spec: ServiceSpec, context: Context): ServiceArgs {
  const former = spec.address === "" ? notedIn(context).find(({ name }) => name === spec.name) : undefined;
  return parseService(former ? { ...former, chain: spec.chain } : serviceArgs(spec), true);
}

/** The services of this stack in a NatChain, as the host knows them. */
const ours = (backend: BackendName, chain: string, host: Snapshot, context: Context): ServiceSpec[] =>
  servicesOn[backend](chain, host).filter(({ mark }) => belongsTo(mark, context) === "ours");

/**
 * In what context an element is planned: with what the state file says of it, where that knows it or this stack has such a service already, which then
 * comes to be carried; else it is new.
 */
function formerly(context: Context, there: ServiceSpec[]): (name: string) => Context {
  const { newTables, newChains, layout } = context.previous ?? {};
  const known = new Map(notedIn(context).map((each) => [each.name, each]));
  const found = new Set(there.map(({ name }) => name));
  return (name) => {
    const isOld = context.previous !== undefined && (known.has(name) || found.has(name));
    return { ...context, previous: isOld ? { ...known.get(name), newTables, newChains, layout } : undefined };
  };
}

/** The host as the steps so far leave it. Routes are settled at the end: one that a service no longer needs may be another's by then. */
class Model {
  readonly host: Snapshot;
  private readonly rules: Step[] = [];
  private readonly routes = new Map<string, IpStep>();

  constructor(host: Snapshot, steps: Step[] = []) {
    this.host = { ...host };
    applySteps(this.host, steps);
  }

  run(steps: Step[]): void {
    for (const step of steps) if (isIp(step)) this.routes.set(printed(step), step);
    const rules = steps.filter((step) => !isIp(step));
    applySteps(this.host, rules);
    this.rules.push(...rules);
  }

  steps(): Step[] {
    const routes = [...this.routes.values()].filter(
      (step) => step.do !== "route.delete" || !isServed(step.to.split("/")[0]!, this.host),
    );
    applySteps(this.host, routes);
    return [...this.rules, ...routes];
  }
}
