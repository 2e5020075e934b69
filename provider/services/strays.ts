import type { NatStep, Step } from "../kernel/plan.js";
import type { ServiceHead, ServiceState } from "../kernel/service-change.js";
import type { EndpointSpec } from "../kernel/service-spec.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, ownerName } from "../ownership/mark.js";
import { serviceReference } from "./chain-name.js";
import { because } from "./element.js";
import { formerRouteSteps } from "./routes.js";
import { modelOf, natStep, type Site } from "./site.js";
import { addressesOf, setService } from "./state.js";

/** Does a mark name this stack, and no resource of it that is such a thing? */
function isStray(
  mark: string,
  kind: string,
  context: Context,
  isIt: (args: Record<string, unknown>) => boolean,
): boolean {
  const { resources } = context;
  if (!resources || belongsTo(mark, context) !== "ours") return false;
  return !resources.of(kind, mark).some(isIt);
}

/** What a preview doesn't know yet may be anything. */
const maybe = (argument: unknown, value: string) => argument === undefined || argument === value;

export const isStrayEndpoint = ({ name, mark }: EndpointSpec, chain: string, context: Context): boolean =>
  isStray(
    mark,
    "Endpoint",
    context,
    (args) => maybe(args.name, name) && maybe(serviceReference(String(args.service ?? "")).chain, chain),
  );

/** Where the rules of its service are flushed, only the mark says what carries an endpoint. */
const isCarried = ({ mark }: EndpointSpec, { resources }: Context): boolean =>
  ["ServiceVip", "NatChain"].some((kind) => (resources?.of(kind, mark).length ?? 0) > 0);

/** What a NatChain carries is its own. */
const isStrayService = ({ name, mark, bulk }: ServiceHead, chain: string, context: Context): boolean =>
  !bulk && isStray(mark, "ServiceVip", context, (args) => maybe(args.name, name) && maybe(args.chain, chain));

/**
 * A service without its strays; undefined where it has none. One that holds anything else stays.
 */
function withoutStrays(held: ServiceState, chain: string, context: Context) {
  const { service, endpoints } = held;
  const isUnowned = service !== undefined && isStrayService(service, chain, context);
  const strays = endpoints.filter((each) =>
    service?.inline
      ? isUnowned && belongsTo(each.mark, context) === "ours"
      : isStrayEndpoint(each, chain, context) && (service || !isCarried(each, context)),
  );
  const left = endpoints.filter((each) => !strays.includes(each));
  const gone = isUnowned && left.length === 0 ? service : undefined;
  if (!gone && strays.length === 0) return undefined;
  const isEmpty = left.length === 0 && (gone || !service);
  return {
    rest: isEmpty ? null : { ...held, endpoints: left },
    gone,
    why: gone ? shownService(gone) : shownEndpoints(strays),
  };
}

const shownStray = (argument: string, { name, mark }: { name: string; mark: string }) =>
  `${argument}: found ${name} of ${ownerName(mark)}, in no state`;
const shownService = (gone: ServiceHead) => shownStray("services", gone);
const shownEndpoints = (strays: EndpointSpec[]) => strays.map((each) => shownStray("endpoints", each)).join("; ");

/** The steps that take out of a service, by its key, the endpoints that have no resource. */
export function straysOfService(site: Site, key: string, context: Context): NatStep[] {
  const { name, services } = site.state;
  const held = services.get(key);
  if (!held || held.service?.inline) return [];
  const strays = held.endpoints.filter((each) => isStrayEndpoint(each, name, context));
  if (strays.length === 0) return [];
  const endpoints = held.endpoints.filter((each) => !strays.includes(each));
  const rest = held.service || endpoints.length > 0 ? { ...held, endpoints } : null;
  return [natStep(site, { service: key, state: rest }, context, shownEndpoints(strays))];
}

/**
 * The same of a NatChain and the services in it. A service that has a resource says itself what is
 * in it.
 */
export function straysOfChain(site: Site, host: Snapshot, context: Context): Step[] {
  const { name, services } = site.state;
  const found = [...services].flatMap(([key, held]) => {
    const without = speaksForItself(held, name, context) ? undefined : withoutStrays(held, name, context);
    return without ? [{ key, ...without }] : [];
  });
  if (found.length === 0) return [];
  const model = modelOf(site);
  const former = new Map<string, string>();
  for (const { key, rest, gone, why } of found) {
    setService(model.state, key, rest);
    for (const address of gone ? addressesOf(gone) : []) former.set(address, why);
  }
  const routes = [...former].flatMap(([address, why]) =>
    because(why, formerRouteSteps([address], model, undefined, host)),
  );
  return [...found.map(({ key, rest, why }) => natStep(site, { service: key, state: rest }, context, why)), ...routes];
}

const speaksForItself = ({ service }: ServiceState, chain: string, context: Context): boolean =>
  service !== undefined &&
  !service.bulk &&
  belongsTo(service.mark, context) === "ours" &&
  !isStrayService(service, chain, context);
