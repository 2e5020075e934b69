import type { Definition } from "../definition.js";
import { changesFamily, familyOf } from "../kernel/family.js";
import type { Step } from "../kernel/plan.js";
import type { ServiceSpec } from "../kernel/service-spec.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { refusedBy } from "../ownership/refuse.js";
import type { Named } from "./backend.js";
import { backends } from "./backends.js";
import { isBulk, mustNotBeBulk } from "./carried.js";
import { serviceClaims, serviceDeclares, serviceDisagrees } from "./claims.js";
import { because } from "./element.js";
import { looseRemoval } from "./loose.js";
import { needsOf } from "./needs.js";
import { amongNeighbours } from "./neighbours.js";
import { vipAsFound } from "./observe.js";
import { serviceOutputs } from "./outputs.js";
import { formerRouteSteps, isServiceThere, mustBeRoutable, serviceRouteSteps } from "./routes.js";
import {
  type ServiceArgs,
  type ServiceVipState,
  serviceArgs,
  serviceMisfits,
  serviceSpec,
  serviceVipState,
} from "./service-args.js";
import { planService, removeService } from "./service-plan.js";
import { actingFor, backendOf, siteOf, siteOn } from "./site.js";
import { keyOf } from "./state.js";
import { serviceStrangers } from "./strangers.js";
import { straysOfService } from "./strays.js";
import { mustBeInRange, outsideRange, rangeClaim } from "./vip-range.js";

type Desired = ServiceArgs;

const specIn = (desired: Desired, { mark }: Context): ServiceSpec => serviceSpec(desired, mark);

function named(desired: Desired): Named {
  const spec = serviceSpec(desired, "");
  return { chain: desired.chain, service: keyOf(spec), families: [spec.family], spec };
}

/** The marks of what makes the service what it is, on the backend of its NatChain. */
function marks({ chain, ...desired }: Desired, host: Snapshot): string[] {
  const backend = backendOf(chain, host);
  const service = keyOf({ name: desired.name, family: familyOf(desired.address) });
  const held = backend?.state(backend.of(host), chain)?.services.get(service)?.service;
  return held && held.mark !== "" ? [held.mark] : [];
}

function plan(desired: Desired, host: Snapshot, context: Context<ServiceVipState>): Step[] {
  mustNotBeBulk(desired, host);
  mustBeInRange(desired, host, context);
  const spec = specIn(desired, context);
  const site = siteOf(desired.chain, host);
  site.backend.mustBeAlone(host, named(desired));
  const { steps, former } = planService(site, spec, context);
  const [why] = steps.map((step) => step.why);
  const gone = formerRouteSteps(former, site, keyOf(spec), host);
  const wanted = serviceRouteSteps(spec, host, site.backend);
  return [
    ...steps,
    ...(why === undefined ? gone : because(why, gone)),
    ...(why === undefined || isServiceThere(site, spec) ? wanted : because(why, wanted)),
  ];
}

function remove(desired: Desired, host: Snapshot, context: Context<ServiceVipState>): Step[] {
  // What its NatChain has taken over is no resource of its own any more.
  if (isBulk(desired, host, familyOf(desired.address))) return [];
  const spec = specIn(desired, context);
  const steps: Step[] = [];
  const former = new Set<string>();
  for (const backend of backends) {
    const site = siteOn(backend, desired.chain, host);
    backend.mustBeAlone(host, named(desired), context);
    const gone = removeService(site, spec, context);
    steps.push(...gone.steps, ...looseRemoval(site, [desired], context));
    for (const address of gone.former) former.add(address);
  }
  const site = siteOn(backendOf(desired.chain, host) ?? backends[0]!, desired.chain, host);
  const isOthers = marks(desired, host).length > 0 && steps.length === 0;
  return [...steps, ...(isOthers ? [] : formerRouteSteps([...former], site, keyOf(spec), host))];
}

function strays(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { chain, service } = named(desired);
  return backends.flatMap((backend) => straysOfService(siteOn(backend, chain, host), service!, context));
}

/**
 * A virtual IP whose connections are spread over the endpoints; without any they are refused at
 * once.
 */
export const serviceVip: Definition<Desired, ServiceVipState> = {
  kind: "ServiceVip",
  schema: serviceArgs,
  state: serviceVipState,
  id: ({ chain, name }) => `${chain}/${name}`,
  misfits: (desired) => serviceMisfits(desired),
  claims: serviceClaims,
  declares: serviceDeclares,
  disagrees: (desired, of): Record<string, string> => {
    const message = outsideRange(desired.address, desired.chain, of(rangeClaim(desired.chain)));
    return { ...(message && { address: message }), ...serviceDisagrees(desired, of) };
  },
  cautions: ({ address }, declared) => [amongNeighbours("address", address, declared) ?? []].flat(),
  scope: ({ address }) => ({ firewall: true, routes: true, ip6: familyOf(address) === "ip6" }),
  needs: (desired, host, context) => needsOf(named(desired), host, context),
  plan,
  remove,
  strays,
  refuse: (desired, host) => {
    for (const each of backends)
      if ((backendOf(desired.chain, host) ?? each) === each) each.mustBeAlone(host, named(desired));
  },
  strangers: (desired, host, context) => serviceStrangers(specIn(desired, context), host, context),
  unfit: ({ address }, host) => refusedBy(() => mustBeRoutable("address", address, host)),
  marks,
  observe: vipAsFound,
  exists: (desired, host) => {
    const backend = backendOf(desired.chain, host);
    const { chain, service } = named(desired);
    return backend?.state(backend.of(host), chain)?.services.has(service!) ?? false;
  },
  outputs: (desired, host, context) => {
    const backend = backendOf(desired.chain, host);
    return {
      ...serviceOutputs(desired),
      ...backend?.outputs(backend.of(host), named(desired), actingFor(context)),
    };
  },
  immutable: ["chain", "name"],
  // One of the other family is in other tables.
  mustReplace: ({ address: before }, { address: after }) => (changesFamily(before, after) ? ["address"] : []),
};
