import { EVERYWHERE, FAMILIES, type Family, unsingle } from "../../kernel/family.js";
import { shownRule } from "../../kernel/iptables/rule-comment.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Chain, type Firewall, type Rule, rulesOf, type Table, tableOf } from "../../kernel/iptables/ruleset.js";
import type { ServiceState } from "../../kernel/service-change.js";
import type { ChainSpec, Dnat, EndpointSpec, Protocol } from "../../kernel/service-spec.js";
import { noteOf } from "../../ownership/comment.js";
import { endpointChainName, masqueradeChainName, prefixOf, serviceChainName } from "../chain-name.js";
import { type ChainState, emptyState, keyOf, setService } from "../state.js";
import { type Content, contentIn, isNatChain } from "./content.js";
import { groupsFor } from "./groups.js";
import { addressIn, type DispatchRule, endpointOf, headOf, isAnchor, jumpsIn, serviceNameIn } from "./read.js";

const namesOf = new WeakMap<Firewall, ReadonlySet<string>>();

/** The NatChains that hold something of ours, or that a rule of ours leads to. */
export function chainNames(firewall: Firewall): ReadonlySet<string> {
  const names = namesOf.get(firewall) ?? new Set(FAMILIES.flatMap((family) => namesIn(contentIn(firewall, family))));
  namesOf.set(firewall, names);
  return names;
}

function namesIn(content: Content | undefined): string[] {
  if (!content) return [];
  const { table, hooks, dispatches } = content;
  const isLed = (name: string) => hooks.get(name)?.some(({ rule }) => noteOf(rule));
  const hasOwn = (name: string) => table.get(name)!.rules.some((rule) => noteOf(rule) && isAnchor(rule));
  return [...table.keys()].filter((name) => isNatChain(name) && (isLed(name) || dispatches.has(name) || hasOwn(name)));
}

const states = new WeakMap<Firewall, Map<string, ChainState | undefined>>();

/** A NatChain as its rules say it, in the tables of both families. */
export function chainState(firewall: Firewall, chain: string): ChainState | undefined {
  const known = states.get(firewall) ?? new Map<string, ChainState | undefined>();
  states.set(firewall, known);
  if (!known.has(chain)) known.set(chain, readState(firewall, chain));
  return known.get(chain);
}

function readState(firewall: Firewall, chain: string): ChainState | undefined {
  const state = emptyState(chain);
  const spec = readSpec(firewall, chain);
  if (spec) state.spec = spec;
  for (const family of FAMILIES)
    for (const held of readServices(firewall, family, chain)) setService(state, keyOf(held), held);
  const isThere = FAMILIES.some((family) => firewall.get(tableOf(family, "nat"))?.has(chain));
  return isThere || state.services.size > 0 ? state : undefined;
}

function readSpec(firewall: Firewall, name: string): ChainSpec | undefined {
  const anchors = FAMILIES.map((family) => ({ family, ...anchorsIn(firewall, family, name) }));
  const mark = anchors.flatMap(({ jumps, rules }) => [...jumps, ...rules]).map(({ rule }) => noteOf(rule)!.mark)[0];
  if (mark === undefined) return undefined;
  const ranges = FAMILIES.flatMap((family) => {
    const [rule] = groupsFor(rulesOf(firewall, tableOf(family, "filter"), name)).get(name) ?? [];
    return rule ? (factsOf(rule).options.get("-d") ?? EVERYWHERE[family]) : [];
  });
  const hook = ({ chain, rule }: { chain: string; rule: Rule }) =>
    factsOf(rule).options.size === 0 ? chain : `${chain} ${shownRule(rule)}`;
  return {
    name,
    mark,
    hooks: anchors[0]!.jumps.map(hook),
    vipRanges: ranges,
    rules: anchors.flatMap(({ family, rules }) => rules.flatMap(({ rule }) => dnatOf(rule, family) ?? [])),
  };
}

/**
 * The rules of this product that make a NatChain what it is: those that lead to it, and its own.
 */
export function anchorsIn(firewall: Firewall, family: Family, name: string) {
  const content = contentIn(firewall, family);
  const isMarked = ({ rule }: { rule: Rule }) => noteOf(rule) !== undefined;
  return {
    jumps: (content?.hooks.get(name) ?? []).filter(isMarked),
    rules: rulesOf(firewall, tableOf(family, "nat"), name)
      .filter(isAnchor)
      .map((rule) => ({ chain: name, rule }))
      .filter(isMarked),
  };
}

/** A DNAT rule as it is declared; undefined for the rule that only carries a mark. */
function dnatOf(rule: Rule, family: Family): Dnat | undefined {
  const { options, target } = factsOf(rule);
  if (target !== "DNAT") return undefined;
  const port = options.get("--dport");
  return {
    destination: unsingle(options.get("-d") ?? EVERYWHERE[family]),
    protocol: (options.get("-p") ?? "all") as Protocol,
    ...(port !== undefined && { destinationPort: Number(port) }),
    toDestination: options.get("--to-destination") ?? "",
  };
}

/** The NatChain of what hangs in none, by the prefix of its name. */
function chainOfPrefix(prefix: string, firewall: Firewall): string {
  const isThere = (name: string) => FAMILIES.some((family) => firewall.get(tableOf(family, "nat"))?.has(name));
  const long = `${prefix}-SERVICES`;
  return !isThere(long) && isThere(prefix) ? prefix : long;
}

function readServices(firewall: Firewall, family: Family, chain: string): ServiceState[] {
  const content = contentIn(firewall, family);
  const services = content?.dispatches.get(chain) ?? new Map<string, DispatchRule[]>();
  const found = [...services].map(([name, ways]) => stateOf(family, content!.table, name, ways));
  const prefix = prefixOf(chain);
  if (chainOfPrefix(prefix, firewall) !== chain) return found;
  const elsewhere = new Set([...(content?.dispatches.values() ?? [])].flatMap((each) => [...each.keys()]));
  const loose = (content?.serviceChains ?? []).filter(
    (name) => name.startsWith(serviceChainName(prefix, "")) && !elsewhere.has(name),
  );
  const endpoints = orphansOf(firewall, family, chain, content);
  return [
    ...found,
    ...loose.map((name) => stateOf(family, content!.table, name, [])),
    ...(endpoints.length > 0 ? [{ name: "", family, endpoints }] : []),
  ];
}

/** The endpoints that no service leads to: by their chains, or by what is masqueraded for them. */
function orphansOf(firewall: Firewall, family: Family, chain: string, content: Content | undefined): EndpointSpec[] {
  const prefix = endpointChainName(prefixOf(chain), "");
  const nat = tableOf(family, "nat");
  const groups = groupsFor(rulesOf(firewall, nat, masqueradeChainName(chain)));
  const orphans = (content?.orphans ?? []).filter((name) => name.startsWith(prefix));
  const masqueraded = [...groups.keys()].filter((name) => name.startsWith(prefix) && !content?.table.has(name));
  return [...orphans, ...masqueraded].map((name) => {
    const rules = content?.table.get(name)?.rules ?? [];
    const said = rules.find((rule) => noteOf(rule) && addressIn(rule)) ?? groups.get(name)?.[0];
    return endpointOf(name, said, content?.table.get(name));
  });
}

interface Known {
  ways: DispatchRule[];
  endpointChains: (Chain | undefined)[];
  state: ServiceState;
}

/**
 * A service as it was read last, by the rules of its chain. A group of operations makes a table for
 * each of them, in which all other services are the same.
 */
const known = new WeakMap<Rule[], Known>();

function stateOf(family: Family, table: Table, serviceChain: string, ways: DispatchRule[]): ServiceState {
  const rules = table.get(serviceChain)?.rules;
  const jumps = jumpsIn(rules);
  const endpointChains = jumps.map(({ endpointChain }) => table.get(endpointChain));
  const before = rules && known.get(rules);
  if (before && isEach(before.ways, ways) && isEach(before.endpointChains, endpointChains)) return before.state;
  const name = serviceNameIn(serviceChain);
  const endpoints = jumps.map(({ endpointChain, rule, returning }, at) =>
    endpointOf(endpointChain, rule ?? returning, endpointChains[at]),
  );
  const state = { name, family, ...(ways.length > 0 && { service: headOf(name, ways, jumps) }), endpoints };
  if (rules) known.set(rules, { ways, endpointChains, state });
  return state;
}

const isEach = (some: unknown[], others: unknown[]) =>
  some.length === others.length && some.every((each, at) => each === others[at]);
