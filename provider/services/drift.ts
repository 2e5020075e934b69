import { drift } from "../kernel/drift.js";
import type { ServiceHead, ServiceState } from "../kernel/service-change.js";
import {
  type ChainSpec,
  type Conditions,
  type Dnat,
  type EndpointSpec,
  type PortSpec,
  USUAL,
} from "../kernel/service-spec.js";
import { markDrift } from "../ownership/mark.js";
import { shownDnat } from "./dnat.js";
import { shownElement } from "./element.js";
import { portPairs } from "./port-pairs.js";

/** Each names the arguments that are other than declared; "" when none is. */
const joined = (texts: string[]): string => [...new Set(texts)].filter(Boolean).join("; ");

const differ = (argument: string, found: unknown, declared: unknown): string[] =>
  String(found) === String(declared) ? [] : [drift(argument, found, declared)];

/** Lists that say the same in any order. */
const sorted = (values: string[]) => values.toSorted();

/** Each family has its rules in an order of its own. */
export function sameRules(a: Dnat[], b: Dnat[]): boolean {
  const inFamilies = (rules: Dnat[]) => rules.map(shownDnat).toSorted((a, b) => Number(isIp6(a)) - Number(isIp6(b)));
  return String(inFamilies(a)) === String(inFamilies(b));
}

export function chainDrift(found: ChainSpec, declared: ChainSpec): string {
  const shown = (of: ChainSpec) => of.rules.map(shownDnat);
  const hooks = String(sorted(found.hooks)) === String(sorted(declared.hooks));
  return joined([
    ...markDrift(found, declared),
    ...(hooks ? [] : [drift("hooks", found.hooks, declared.hooks)]),
    ...differ("vipRange", found.vipRanges, declared.vipRanges),
    ...(sameRules(found.rules, declared.rules) ? [] : [drift("rules", shown(found), shown(declared))]),
  ]);
}

const isIp6 = (rule: string) => /^-d [^ ]*:/.test(rule);

/** How endpoints are declared that their service does not carry. */
const SEPARATE = "resources of their own";
/** How a service is declared that is not in bulk. */
const ALONE = "a ServiceVip";

export function serviceDrift(found: ServiceHead, declared: ServiceHead): string {
  const affinity = ({ affinitySeconds }: ServiceHead) => (affinitySeconds === undefined ? "None" : "ClientIP");
  const seconds = [found.affinitySeconds, declared.affinitySeconds];
  const lists = (["externalIPs", "loadBalancerSourceRanges"] as const).flatMap((key) => {
    const [is, wanted] = [sorted(found[key]), sorted(declared[key])];
    return String(is) === String(wanted) ? [] : [drift(key, is, declared[key])];
  });
  return joined([
    ...differ("address", found.address, declared.address),
    ...portsDrift(found.ports, declared.ports),
    ...lists,
    ...differ("sessionAffinity", affinity(found), affinity(declared)),
    ...(seconds.includes(undefined) ? [] : differ("sessionAffinityTimeoutSeconds", ...(seconds as [number, number]))),
    ...differ("internalTrafficPolicy", found.internalTrafficPolicy, declared.internalTrafficPolicy),
    ...differ("externalTrafficPolicy", found.externalTrafficPolicy, declared.externalTrafficPolicy),
    ...differ("services", found.bulk ? "bulk" : ALONE, declared.bulk ? "bulk" : ALONE),
    ...differ("endpoints", found.inline ? "inline" : SEPARATE, declared.inline ? "inline" : SEPARATE),
    ...markDrift(found, declared),
  ]);
}

function portsDrift(found: PortSpec[], declared: PortSpec[]): string[] {
  return portPairs(found, declared).flatMap(({ found: is, declared: port }, at) => {
    if (!port) return is ? [drift("ports", shownPort(is), declared.map(shownPort))] : [];
    if (!is) return [drift(`ports[${at}]`, undefined, shownPort(port))];
    return (["protocol", "port", "targetPort", "nodePort"] as const).flatMap((key) =>
      differ(`ports[${at}].${key}`, is[key], port[key]),
    );
  });
}

function shownPort({ port, protocol, targetPort, nodePort }: PortSpec): string {
  const node = nodePort === undefined ? "" : `, node port ${nodePort}`;
  return `${port} → ${targetPort} (${protocol}${node})`;
}

export const endpointDrift = (found: EndpointSpec, declared: EndpointSpec): string =>
  joined([
    ...differ("address", found.address, declared.address),
    conditionDrift(found, declared),
    ...markDrift(found, declared),
  ]);

const conditionDrift = (found: Conditions, declared: Conditions): string =>
  joined((Object.keys(USUAL) as (keyof Conditions)[]).flatMap((key) => differ(key, found[key], declared[key])));

/**
 * The same of the endpoints that a service carries, each by its place in the list; `missing` says
 * what of one is not there.
 */
export function carriedDrift(
  listed: { name: string }[],
  found: ServiceState | undefined,
  { endpoints }: ServiceState,
  missing: (endpoint: string) => string,
): string {
  const there = new Map(found?.endpoints.map((each) => [each.name, each]));
  const wanted = new Map(endpoints.map((each) => [each.name, each]));
  const changed = listed.flatMap(({ name }, at) => {
    const before = there.get(name);
    const why = before ? endpointDrift(before, wanted.get(name)!) : drift("name", missing(name), name);
    return why ? [`${shownElement(`endpoints[${at}]`, name)}: ${why}`] : [];
  });
  const gone = [...there.keys()].filter((name) => !wanted.has(name)).map((name) => drift("endpoints", name, undefined));
  return joined([...gone, ...changed]);
}
