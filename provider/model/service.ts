import { commentMatch, noteOf } from "./rule-comment.js";
import { factsOf } from "./rule-facts.js";
import { canonicalValue } from "./rule-value.js";
import type { Chain, Rule, Table } from "./ruleset.js";

/**
 * How a service lies in table nat: a dispatch rule in the NatChain's chain leads to its service chain, that leads by chance to one of the
 * endpoint chains, and those hold a DNAT rule each.
 */
export interface Service {
  address: string;
  protocol: string;
  port: number;
  targetPort: number;
}

/** A service as it was found: where it hangs and whose it is. */
export interface Dispatch extends Service {
  chain: string;
  serviceChain: string;
  rule: Rule;
}

/** One way out of a service chain: the endpoint's chain, and the comment of the rule that leads there. */
export interface Jump {
  endpointChain: string;
  comment: string;
  rule?: Rule;
}

export function dispatchRule({ address, protocol, port }: Service, serviceChain: string, comment: string): Rule {
  const match = ["-d", `${address}/32`, "-p", protocol, "-m", protocol, "--dport", String(port)];
  return { spec: [...match, ...commentMatch(comment), "-j", serviceChain] };
}

export function endpointRule(address: string, { protocol, targetPort }: Service, comment: string): Rule {
  const match = ["-p", protocol, "-m", protocol];
  return { spec: [...match, ...commentMatch(comment), "-j", "DNAT", "--to-destination", `${address}:${targetPort}`] };
}

/** The service's rules: the newest name first, each endpoint with probability 1/(endpoints left), so that all are equally likely. */
export function serviceRules(jumps: Jump[]): Rule[] {
  const ordered = jumps.toSorted((a, b) => naturally(b.endpointChain, a.endpointChain));
  return ordered.map((jump, at) => {
    const left = ordered.length - at;
    return jump.rule && isJump(jump.rule, left) ? jump.rule : jumpRule(jump, left);
  });
}

function jumpRule({ endpointChain, comment }: Jump, left: number): Rule {
  const chance = left === 1 ? [] : ["-m", "statistic", "--mode", "random", "--probability", probability(left)];
  return { spec: [...chance, ...commentMatch(comment), "-j", endpointChain] };
}

const probability = (left: number) => (1 / left).toFixed(11);

/** Has a rule just the matches that it must have? Said without making the other rule, for there are many. */
function isJump(rule: Rule, left: number): boolean {
  const { options } = factsOf(rule);
  if (left === 1) return options.size === 0;
  const chance = canonicalValue("--probability", probability(left));
  return options.size === 2 && options.get("--mode") === "random" && options.get("--probability") === chance;
}

/** The jumps in a service chain that this product made, one for each endpoint chain. */
export function jumpsIn(chain: Chain | undefined): Jump[] {
  const jumps = new Map<string, Jump>();
  for (const rule of chain?.rules ?? []) {
    const { target, comment } = factsOf(rule);
    if (target !== undefined && comment !== undefined && noteOf(rule) && !jumps.has(target))
      jumps.set(target, { endpointChain: target, comment, rule });
  }
  return [...jumps.values()];
}

// Neither rules nor chains are ever changed, only replaced, so each is read once
const dispatchOf = new WeakMap<Rule, Dispatch | undefined>();
const dispatchesOf = new WeakMap<Chain, Dispatch[]>();

/** The services that hang in a chain, of all stacks. */
export function servicesIn(table: Table | undefined, chain: string): Dispatch[] {
  const found = table?.get(chain);
  if (!found) return [];
  let services = dispatchesOf.get(found);
  if (!services) {
    services = found.rules.flatMap((rule) => {
      if (!dispatchOf.has(rule)) dispatchOf.set(rule, readDispatch(chain, rule));
      return dispatchOf.get(rule) ?? [];
    });
    dispatchesOf.set(found, services);
  }
  return services;
}

/** All services of a table, of all stacks. */
export function allServices(table: Table | undefined): Dispatch[] {
  return [...(table?.keys() ?? [])].flatMap((chain) => servicesIn(table, chain));
}

function readDispatch(chain: string, rule: Rule): Dispatch | undefined {
  const targetPort = noteOf(rule)?.targetPort;
  const { target, options } = factsOf(rule);
  if (targetPort === undefined || target === undefined) return undefined;
  const address = options.get("-d")?.replace(/\/32$/, "") ?? "";
  return {
    chain,
    address,
    protocol: options.get("-p") ?? "",
    port: Number(options.get("--dport")),
    targetPort,
    serviceChain: target,
    rule,
  };
}

/** The address that an endpoint chain sends to; undefined when it holds no such rule of ours. */
export function endpointAddress(chain: Chain | undefined): { address: string; comment: string } | undefined {
  for (const rule of chain?.rules ?? []) {
    const { options, comment } = factsOf(rule);
    const address = options.get("--to-destination")?.split(":")[0];
    if (address && comment !== undefined && noteOf(rule)) return { address, comment };
  }
  return undefined;
}

const collator = new Intl.Collator("en", { numeric: true });

/** HTTP2 before HTTP10; names that only differ in case still have one order. */
function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
