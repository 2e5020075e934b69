import type { Context } from "../../definition.js";
import { sameRule } from "../../kernel/iptables/rule-facts.js";
import { type Rule, rulesOf } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import { inSequence } from "../../kernel/sequence.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { forwardPlace } from "../../links/forwarding.js";
import { isMasqueraded, masqueradeChain, masqueradeRules } from "../../links/masquerade.js";
import { noteOf, sameNote } from "../../ownership/comment.js";
import { belongsTo } from "../../ownership/mark.js";
import { withMarks } from "../../ownership/marks.js";
import { type Found, ruleComment } from "../../ownership/origin.js";
import { masqueradeChainName, outsideChainName } from "../chain-name.js";
import type { EndpointSpec, ServiceSpec } from "../spec.js";
import { hasOutsideChain } from "../ways.js";
import { allServices, endpointOf, foundSpec, type Jump, jumpsIn } from "./read.js";
import { gateRules } from "./service-gate.js";
import { serviceRules } from "./service-rules.js";
import { jumpsTo, type SideChain, sideChainSteps } from "./side-chain.js";

/** The chains by which a service chooses its endpoints, with the rules that they must have. */
export function choosingChains(spec: ServiceSpec, serviceChain: string, jumps: Jump[], host: Snapshot) {
  const table = host.firewall.get("nat");
  const lay = (name: string, policy: ServiceSpec["internalTrafficPolicy"], found: Jump[]) => ({
    name,
    rules: serviceRules(found, table, policy, spec),
  });
  const chains = [lay(serviceChain, spec.internalTrafficPolicy, jumps)];
  // The rules of one chain are no other's: they are found by where they are.
  const bare = jumps.map(({ endpointChain, comment }) => ({ endpointChain, comment }));
  if (hasOutsideChain(spec)) chains.push(lay(outsideChainName(serviceChain), spec.externalTrafficPolicy, bare));
  return chains;
}

/** Where what no endpoint got is refused or dropped, before anything accepts it. Only a flow's first packet comes there. */
export function gateChain(chain: string, host: Snapshot): SideChain {
  const match = ["-m", "conntrack", "--ctstate", "NEW"];
  const hooks = ["INPUT", forwardPlace("ip", host).chain, "OUTPUT"].map((each) => ({ chain: each, match }));
  return { table: "filter", name: chain, hooks };
}

/** Leads a service's rules in table filter to what its endpoints make of them; `spec` undefined takes them away. */
export function gateSteps(
  { chain, serviceChain }: { chain: string; serviceChain: string },
  spec: ServiceSpec | undefined,
  host: Snapshot,
  context: Context,
  why?: string,
): Step[] {
  const side = gateChain(chain, host);
  const marked = markedAs(spec?.mark, context);
  const comment = ruleComment({ table: "filter", chain }, host, marked, { says: { for: serviceChain } });
  const wanted = spec ? gateRules(spec, comment) : [];
  // Before what drops the rest of a range.
  const steps = sideChainSteps(side, (rules) => replaced(rules, serviceChain, wanted, "first"), host, marked, why);
  return withMarks(steps, (now) => rulesInSide(side, serviceChain, now), host, marked);
}

/** What is laid out for another resource bears that one's mark. */
function markedAs(mark: string | undefined, context: Context): Context {
  if (mark === undefined) return context;
  return { ...context, mark, formerMark: belongsTo(mark, context) === "ours" ? context.formerMark : undefined };
}

/** Leads the rules that masquerade for one endpoint to what must be; `spec` undefined takes them away. */
export function masqueradeSteps(
  { name, endpointChain }: { name: string; endpointChain: string },
  wish: { spec: ServiceSpec; endpoint: EndpointSpec } | undefined,
  host: Snapshot,
  context: Context,
  why?: string,
): Step[] {
  const side = masqueradeChain(name);
  const marked = markedAs(wish?.endpoint.mark, context);
  const comment = ruleComment({ table: "nat", chain: side.name }, host, marked, { says: { for: endpointChain } });
  const hairpin = wish !== undefined && !isMasqueraded(wish.endpoint.address, host.firewall);
  const wanted = wish ? masqueradeRules(wish.endpoint, wish.spec, hairpin, comment) : [];
  const steps = sideChainSteps(side, (rules) => replaced(rules, endpointChain, wanted, "last"), host, marked, why);
  return withMarks(steps, (now) => rulesInSide(side, endpointChain, now), host, marked);
}

/** What a side chain holds for one of those that share it, and the jumps to it. */
export function rulesInSide(side: SideChain, what: string, host: Snapshot): { own: Found[]; shared: Found[] } {
  const { table, name } = side;
  const own = rulesFor(rulesOf(host.firewall, table, name)).get(what) ?? [];
  return { own: own.map((rule) => ({ table, chain: name, rule })), shared: jumpsTo(side, host) };
}

/** The same for all endpoints there are, after what else masquerades has changed. */
export function hairpinSteps(host: Snapshot, context: Context, why: string): Step[] {
  const table = host.firewall.get("nat");
  const services = new Map(allServices(table).map((each) => [each.serviceChain, each]));
  const parts = [...services.values()].flatMap((service) => {
    const spec = foundSpec(service, table!);
    const jumps = jumpsIn(table?.get(service.serviceChain));
    return jumps
      .map((jump) => ({ endpointChain: jump.endpointChain, endpoint: endpointOf(jump, table) }))
      .filter(({ endpoint }) => endpoint.address !== "")
      .map(({ endpointChain, endpoint }) => (now: Snapshot) => {
        const place = { name: masqueradeChainName(service.chain), endpointChain };
        return masqueradeSteps(place, { spec, endpoint }, now, context, why);
      });
  });
  return inSequence(host, parts);
}

/**
 * The rules with `wanted` in the place of those that are for the same; where they differ, first, or last of those that are somebody's: iptables-restore then appends
 * without a look at the list.
 */
function replaced(rules: Rule[], what: string, wanted: Rule[], place: "first" | "last"): Rule[] {
  const found = rulesFor(rules).get(what) ?? [];
  const same = found.length === wanted.length && found.every((rule, at) => isSame(rule, wanted[at]!));
  if (same) return rules;
  const kept = wanted.map((rule) => found.find((each) => isSame(each, rule)) ?? rule);
  const own = new Set(found);
  const others = rules.filter((rule) => !own.has(rule));
  if (place === "first") return [...kept, ...others];
  const nobodys = others.findIndex((rule) => !noteOf(rule));
  return others.toSpliced(nobodys < 0 ? others.length : nobodys, 0, ...kept);
}

// Rules and lists of them are never changed, so each is looked through once, however many ask
const purposes = new WeakMap<Rule[], Map<string, Rule[]>>();

/** The rules of a chain by what they are for: the chain of a service or of an endpoint, or, of a range, the NatChain. */
export function rulesFor(rules: Rule[]): Map<string, Rule[]> {
  const known = purposes.get(rules);
  if (known) return known;
  const found = new Map<string, Rule[]>();
  for (const rule of rules) {
    const what = noteOf(rule)?.says?.for;
    if (what === undefined) continue;
    const others = found.get(what);
    if (others) others.push(rule);
    else found.set(what, [rule]);
  }
  purposes.set(rules, found);
  return found;
}

const isSame = (a: Rule, b: Rule) => sameRule(a, b) && sameNote(a, b);
