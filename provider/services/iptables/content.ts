import type { Family } from "../../kernel/family.js";
import { type Firewall, isBuiltIn, type Rule, type Table, tableOf } from "../../kernel/iptables/ruleset.js";
import { type DispatchRule, hooksInto, insideName, jumpsIn, readDispatch } from "./read.js";

/** The name of a NatChain's own chain, or of a stranger's. */
export const isNatChain = (chain: string) => !isBuiltIn(chain) && !/-(SVC|SEP)-|\//.test(chain);

/** What of this product's is in the table nat of one family. */
export interface Content {
  table: Table;
  hooks: ReturnType<typeof hooksInto>;
  /** NatChain → service chain → the rules that lead there. */
  dispatches: Map<string, Map<string, DispatchRule[]>>;
  /** Endpoint chain → the rules of service chains that lead there. */
  leads: Map<string, Rule[]>;
  /** Service chains, and the endpoint chains that none of them leads to. */
  serviceChains: string[];
  orphans: string[];
}

// Tables are never changed, only replaced
const contents = new WeakMap<Table, Content>();

function contentOf(table: Table): Content {
  const known = contents.get(table);
  if (known) return known;
  const content: Content = {
    table,
    hooks: hooksInto(table),
    dispatches: new Map(),
    leads: new Map(),
    serviceChains: [],
    orphans: [],
  };
  const names = [...table.keys()];
  const services = names.filter((name) => name.includes("-SVC-"));
  for (const name of services)
    for (const { endpointChain, rule, returning } of jumpsIn(table.get(name)!.rules)) {
      const found = content.leads.get(endpointChain) ?? [];
      content.leads.set(endpointChain, [...found, ...[rule, returning].filter((each) => each !== undefined)]);
    }
  content.serviceChains = services.filter((name) => insideName(name) === name);
  content.orphans = names.filter((name) => name.includes("-SEP-") && !content.leads.has(name));
  for (const name of names.filter(isNatChain)) addDispatches(content, name, table.get(name)!.rules);
  contents.set(table, content);
  return content;
}

function addDispatches(content: Content, chain: string, rules: Rule[]): void {
  for (const rule of rules) {
    const dispatch = readDispatch(chain, rule);
    if (!dispatch) continue;
    const services = content.dispatches.get(chain) ?? new Map<string, DispatchRule[]>();
    content.dispatches.set(chain, services);
    const ways = services.get(dispatch.serviceChain);
    if (ways) ways.push(dispatch);
    else services.set(dispatch.serviceChain, [dispatch]);
  }
}

export const contentIn = (firewall: Firewall, family: Family): Content | undefined => {
  const table = firewall.get(tableOf(family, "nat"));
  return table && contentOf(table);
};

/** Where a service chain is led to from, in one family. */
export const leadsTo = (firewall: Firewall, family: Family, serviceChain: string): DispatchRule[] =>
  [...(contentIn(firewall, family)?.dispatches.values() ?? [])].flatMap((each) => each.get(serviceChain) ?? []);

/** All jumps from built-in chains to a chain. */
export const jumpsAt = (firewall: Firewall, family: Family, name: string) =>
  contentIn(firewall, family)?.hooks.get(name) ?? [];

/** The rules of ours that lead to an endpoint chain. */
export const leadsToEndpoint = (firewall: Firewall, family: Family, endpointChain: string): Rule[] =>
  contentIn(firewall, family)?.leads.get(endpointChain) ?? [];
