import { type Family, single } from "../kernel/family.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { type Rule, tableOf } from "../kernel/iptables/ruleset.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import type { Place } from "../ownership/origin.js";
import { mustBeInNoOtherVariant, mustLeaveNoneBehind, type Traces } from "../ownership/variants.js";
import type { Named } from "./backend.js";
import { endpointChainName, prefixOf, serviceChainName } from "./chain-name.js";
import { type Way, waysOf } from "./frontends.js";
import { parseKey } from "./state.js";

/**
 * Throws a Refusal when the other variant of iptables has the same thing; with `context`, when it
 * has what that may take.
 */
export function mustBeInOneVariant(host: Snapshot, thing: Named, context?: Context): void {
  if (!host.otherVariants?.length) return;
  for (const family of thing.families) {
    const traces = tracesOf(thing, family);
    if (context) mustLeaveNoneBehind(traces, host, context);
    else mustBeInNoOtherVariant(traces, host);
  }
}

/** The same of a thing that is to be beside iptables' rules, not among them. */
export function mustNotBeBeside(host: Snapshot, thing: Named): void {
  if (!host.otherVariants?.length) return;
  for (const family of thing.families) mustBeInNoOtherVariant(tracesOf(thing, family), host, "beside");
}

function tracesOf({ chain, service, endpoint, spec }: Named, family: Family): Traces {
  const table = tableOf(family, "nat");
  const prefix = prefixOf(chain);
  if (endpoint !== undefined) {
    const own = endpointChainName(prefix, parseKey(endpoint).name);
    return { what: `endpoint ${own}`, argument: "name", chains: [own], table };
  }
  if (service === undefined) return { what: `chain ${chain}`, argument: "name", chains: [chain], table };
  const ways = spec ? waysOf(spec) : [];
  return {
    what: `service ${chain}/${parseKey(service).name}`,
    argument: "name",
    chains: [serviceChainName(prefix, parseKey(service).name)],
    table,
    rule: (rule: Rule, place: Place) => place.table === table && ways.some((way) => isFor(way, rule)),
  };
}

/** Does a rule send on what comes in by a frontend? */
function isFor({ kind, address, protocol, dport }: Way, rule: Rule): boolean {
  const { options } = factsOf(rule);
  const same = (option: string, value: string) => options.get(option) === value;
  const to = kind === "node" ? same("--dst-type", "LOCAL") : same("-d", single(address!));
  return to && same("-p", protocol) && same("--dport", String(dport));
}
