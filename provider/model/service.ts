import { conditionsIn } from "./endpoint-note.js";
import { commentMatch, noteOf } from "./rule-comment.js";
import { factsOf } from "./rule-facts.js";
import type { Chain, Rule, Table } from "./ruleset.js";
import type { EndpointSpec, PortSpec, Protocol } from "./service-spec.js";

/**
 * How a service lies in table nat: a dispatch rule for each of its ports in the NatChain's chain leads to its service chain, that leads by
 * chance to one of the endpoint chains, and those hold a DNAT rule for each port. What is here is read from there.
 */
export interface Service {
  address: string;
  protocol: Protocol;
  port: number;
  targetPort: number;
}

/** A port of a service as it was found: where it hangs and whose it is. */
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

/** The ports of the services that hang in a chain, of all stacks. */
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

/** The ports of all services of a table, of all stacks. */
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
    protocol: options.get("-p") as Protocol,
    port: Number(options.get("--dport")),
    targetPort,
    serviceChain: target,
    rule,
  };
}

/** The ports of one service, in the order of its rules. */
export function portsOf({ chain, serviceChain }: Pick<Dispatch, "chain" | "serviceChain">, table: Table): PortSpec[] {
  return servicesIn(table, chain)
    .filter((each) => each.serviceChain === serviceChain)
    .map(({ protocol, port, targetPort }) => ({ protocol, port, targetPort }));
}

/** The endpoint that a jump leads to. Its address is "" when its chain holds no rule of ours. */
export function endpointOf({ endpointChain, comment, rule }: Jump, table: Table | undefined): EndpointSpec {
  const note = noteOf(rule ?? { spec: commentMatch(comment) });
  return {
    name: endpointChain.slice(endpointChain.indexOf("-SEP-") + "-SEP-".length),
    address: endpointAddress(table?.get(endpointChain)) ?? "",
    mark: note?.mark ?? "",
    ...conditionsIn(note?.says),
  };
}

/** The address that an endpoint chain sends to; undefined when it holds no such rule of ours. */
export function endpointAddress(chain: Chain | undefined): string | undefined {
  const rule = chain?.rules.find((each) => noteOf(each) && addressIn(each) !== undefined);
  return rule && addressIn(rule);
}

/** The address that a DNAT rule sends to. */
export const addressIn = (rule: Rule) => factsOf(rule).options.get("--to-destination")?.split(":")[0];
