import type { Refusal } from "../kernel/errors.js";
import type { ChainSpec, ServiceSpec } from "../kernel/service-spec.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { refusedBy } from "../ownership/refuse.js";
import type { ServiceBackend } from "./backend.js";
import { backendNamed } from "./backend-named.js";
import { endpointsFor } from "./carried.js";
import { masqueradeChainName } from "./chain-name.js";
import { refusedAs, shownElement } from "./element.js";
import { type ChainArgs, carried, chainSpec } from "./nat-chain-args.js";
import { mustBeOnOneBackend } from "./nat-chain-plan.js";
import { serviceRouteSteps, vipRouteSteps } from "./routes.js";
import { mustBeFree } from "./served.js";
import { serviceSpec } from "./service-args.js";
import { backendOf, natStep, type Site, siteOn } from "./site.js";
import { keyOf, stateOf } from "./state.js";
import { applySteps } from "./steps.js";
import { mustBeOurThing } from "./whose.js";

/** Under which name a NatChain declares its backend. */
export const backendClaim = (chain: string) => `backend of ${chain}`;

/** What stands where a NatChain and, if it is new, the services that it carries are to be. */
export function chainStrangers(desired: ChainArgs, host: Snapshot, context: Context): Refusal[] {
  const { name, vipRange } = desired;
  const backend = backendNamed(desired.backend);
  const { kernel } = siteOn(backend, name, host);
  const spec = chainSpec(desired, context.mark);
  const site = siteToBe(backend, spec, host, context);
  return [
    ...refusedBy(
      () => mustBeOnOneBackend(desired, host, context),
      () => mustBeOurThing(backend.whose(kernel, { chain: name }), context),
      () => vipRange && vipRouteSteps(vipRange, ["vipRange", vipRange], host, { backend, chain: name }),
    ),
    ...(context.previous ? [] : carried(desired)).flatMap((each, at) => {
      const service = serviceSpec({ ...each, bulk: true }, context.mark);
      const checks = serviceChecks(site, service, host, context);
      return refusedBy(...checks.map((check) => () => refusedAs(shownElement(`services[${at}]`, each.name), check)));
    }),
  ];
}

/** The same of a service; of one whose NatChain nobody knows nothing can be told. */
export function serviceStrangers(spec: ServiceSpec, host: Snapshot, context: Context): Refusal[] {
  const backend = backendToBe(spec.chain, host, context);
  if (!backend) return [];
  const chain: ChainSpec = { name: spec.chain, mark: context.mark, hooks: [], vipRanges: [], rules: [] };
  return refusedBy(...serviceChecks(siteToBe(backend, chain, host, context), spec, host, context));
}

/** The same of an endpoint in a NatChain. */
export function endpointStrangers(
  { chain, endpoint }: { chain: string; endpoint: string },
  host: Snapshot,
  context: Context,
): Refusal[] {
  const backend = backendToBe(chain, host, context);
  return refusedBy(() => backend && mustBeOurThing(backend.whose(backend.of(host), { chain, endpoint }), context));
}

function backendToBe(chain: string, host: Snapshot, { declared }: Context): ServiceBackend | undefined {
  const name = declared?.(backendClaim(chain));
  return name === undefined ? backendOf(chain, host) : backendNamed(name);
}

function serviceChecks(site: Site, spec: ServiceSpec, host: Snapshot, context: Context): (() => unknown)[] {
  const { backend, kernel } = site;
  const { chain } = spec;
  const mustFit = (endpoints: ServiceSpec["endpoints"]) =>
    backend.mustFit(kernel, chain, stateOf({ ...spec, endpoints }), context);
  return [
    () => mustBeOurThing(backend.whose(kernel, { chain, service: keyOf(spec) }), context),
    () => serviceRouteSteps(spec, host, backend),
    // Of what is there already that is too much work for a look at each of thousands.
    ...(context.previous
      ? []
      : [() => mustBeFree(spec, site), () => mustFit(spec.inline ? endpointsFor(site, spec, context) : [])]),
  ];
}

/** The chain as it will be, where something has one of its names. */
function siteToBe(backend: ServiceBackend, spec: ChainSpec, host: Snapshot, context: Context): Site {
  const site = siteOn(backend, spec.name, host);
  const names = [spec.name, masqueradeChainName(spec.name)];
  const isNamed = [...host.firewall.values()].some((table) => names.some((name) => table.has(name)));
  if (!isNamed || backend.serves(site.kernel, spec.name)) return site;
  const model = { ...host };
  applySteps(model, [natStep(site, { chain: spec }, context, "")]);
  return siteOn(backend, spec.name, model);
}
