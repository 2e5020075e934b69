import { network } from "../kernel/address.js";
import { drift } from "../kernel/drift.js";
import { EVERYWHERE, type Family, familyOf } from "../kernel/family.js";
import { DOCKER_USER, forwardChain } from "../kernel/iptables/forward-chain.js";
import { commentMatch, shownRule } from "../kernel/iptables/rule-comment.js";
import { factsOf, sameRule } from "../kernel/iptables/rule-facts.js";
import { type Rule, rulesOf, tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isOurs, isOwn, noteOf } from "../ownership/comment.js";
import type { Context, Noted } from "../ownership/context.js";
import { isOf } from "../ownership/mark.js";
import { type Found, leftovers, type Origin, originOutputs, type Place, ruleComment } from "../ownership/origin.js";

/** What the state file has of a bridge's rules. */
type BridgeNotes = Noted & { masquerade?: string[] };

const forward = (family: Family): Place => ({ table: tableOf(family, "filter"), chain: "FORWARD" });
const dockerUser = (family: Family): Place => ({ table: tableOf(family, "filter"), chain: DOCKER_USER });
const postrouting = (family: Family): Place => ({ table: tableOf(family, "nat"), chain: "POSTROUTING" });

/**
 * The rules that let packets in and out of a bridge. They come first, since the policy may be DROP.
 * Unmarked rules that do the same don't count.
 */
export function forwardSteps(family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): Step[] {
  const place = forwardPlace(family, host);
  const present = [forward(family), dockerUser(family)].flatMap((each) =>
    rulesOf(host.firewall, each.table, each.chain),
  );
  const missing = (["-i", "-o"] as const)
    .map((direction) => acceptRule(direction, bridge, ruleComment(place, host, context)))
    .filter((rule) => !present.some((each) => sameRule(each, rule) && isOurs(each, context)));
  const whyOf = ({ spec }: Rule) =>
    drift("forward", `no rule in ${inFamily(family, place.chain)} that accepts ${spec[0]} ${bridge}`, true);
  return [
    ...missing.toReversed().map((rule): Step => ({ do: "rule", ...place, rule, at: "first", why: whyOf(rule) })),
    ...(missing[0] ? gatesFirst(place, host, whyOf(missing[0])) : []),
  ];
}

/** What services refuse comes before what is accepted. */
function gatesFirst(place: Place, { firewall }: Snapshot, why: string): Step[] {
  const isGate = (rule: Rule) => noteOf(rule) && firewall.get(place.table)?.has(factsOf(rule).target ?? "");
  const gates = rulesOf(firewall, place.table, place.chain).filter(isGate).reverse();
  return gates.flatMap((rule): Step[] => [
    { do: "rule", ...place, rule, at: "gone", why },
    { do: "rule", ...place, rule, at: "first", why },
  ]);
}

/**
 * Takes out our accepts for this bridge, in either chain, and what we caused of table filter. A
 * replacement's accepts have the same mark, for another bridge.
 */
export function forwardRemoval(family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): Step[] {
  const gone = acceptsOf(family, bridge, host, context).filter(({ rule }) => isOwn(rule, context));
  const steps = gone.map((each) =>
    takeOut(each, drift("forward", `${inFamily(family, each.chain)} ${shownRule(each.rule)}`, false)),
  );
  return [...steps, ...leftovers(tableOf(family, "filter"), gone, host, context, steps[0]?.why)];
}

/** Our stack's accepts for a bridge. */
function acceptsOf(family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): Found[] {
  return [forward(family), dockerUser(family)]
    .flatMap((place) => found(place, host, context))
    .filter(({ rule }) => {
      const { options } = factsOf(rule);
      return [options.get("-i"), options.get("-o")].includes(bridge);
    });
}

/** Are there rules of ours that let packets in or out of a bridge? */
export const isForwarded = (family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): boolean =>
  acceptsOf(family, bridge, host, context).length > 0;

/** The networks that our rules masquerade for a bridge; a rule that says more than that is none. */
export const masqueradeAsFound = (
  family: Family,
  bridge: string,
  host: Snapshot,
  context: Context<BridgeNotes>,
): string[] => [
  ...new Set(
    masqueradesOf(family, bridge, host, context)
      .map(({ rule }) => sourcesOf(rule, family))
      .filter((source) => network.safeParse(source).success),
  ),
];

/** All rules of a bridge in one family's tables. */
export const bridgeRules = (family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): Found[] => [
  ...acceptsOf(family, bridge, host, context),
  ...masqueradesOf(family, bridge, host, context),
];

const inFamily = (family: Family, chain: string) => (family === "ip6" ? `ip6 ${chain}` : chain);

/**
 * Appends one MASQUERADE rule for each source network of a family. Those for networks that are no
 * longer declared go.
 */
export function masqueradeSteps(
  family: Family,
  bridge: string,
  cidrs: string[],
  host: Snapshot,
  context: Context<BridgeNotes>,
): Step[] {
  const place = postrouting(family);
  const comment = ruleComment(place, host, context, { bridge });
  const wanted = cidrs.map((cidr) => masqueradeRule(cidr, comment));
  const mine = masqueradesOf(family, bridge, host, context);
  const gone = mine.filter(({ rule }) => !wanted.some((each) => sameRule(each, rule)));
  const missing = wanted.filter((rule) => !mine.some((each) => sameRule(each.rule, rule)));
  const why = drift(
    "masquerade",
    mine.map(({ rule }) => sourcesOf(rule, family)),
    cidrs,
  );
  return [
    ...gone.map((each) => takeOut(each, why)),
    ...missing.map((rule): Step => ({ do: "rule", ...place, rule, at: "last", why })),
    ...(cidrs.length === 0 ? leftovers(place.table, gone, host, context, gone[0] && why) : []),
  ];
}

/**
 * Takes out all MASQUERADE rules of this resource, and what we caused of the family's table nat.
 */
export function masqueradeRemoval(
  family: Family,
  bridge: string,
  host: Snapshot,
  context: Context<BridgeNotes>,
): Step[] {
  const gone = masqueradesOf(family, bridge, host, context).filter(({ rule }) => isOwn(rule, context));
  return [
    ...gone.map((each) => takeOut(each, drift("masquerade", sourcesOf(each.rule, family), undefined))),
    ...leftovers(tableOf(family, "nat"), gone, host, context),
  ];
}

/** The network that a MASQUERADE rule is for; the whole rule where it says more than that. */
function sourcesOf(rule: Rule, family: Family): string {
  const { options } = factsOf(rule);
  if (options.size === 0) return EVERYWHERE[family];
  return options.size === 1 ? (options.get("-s") ?? shownRule(rule)) : shownRule(rule);
}

/**
 * Rules that let a bridge's packets through or masquerade for it just as ours do, and bear nobody's
 * mark: shown, for they stay.
 */
export function unmarkedTwins(family: Family, bridge: string, cidrs: string[], { firewall }: Snapshot): string[] {
  const ours = [
    ...(["-i", "-o"] as const).map((direction) => acceptRule(direction, bridge, "")),
    ...cidrs.map((cidr) => masqueradeRule(cidr, "")),
  ];
  return [forward(family), dockerUser(family), postrouting(family)].flatMap(({ table, chain }) =>
    rulesOf(firewall, table, chain)
      .filter((rule) => !noteOf(rule) && ours.some((each) => sameRule(each, rule)))
      .map((rule) => `-A ${inFamily(family, chain)} ${shownRule(rule)}`),
  );
}

/** What a bridge's outputs record, so nothing is left behind even after the rules were flushed. */
export function forwardingOrigin(
  forwarded: Family[],
  masqueraded: Family[],
  host: Snapshot,
  context: Context<BridgeNotes>,
): Origin {
  const places = [...forwarded.map((family) => forwardPlace(family, host)), ...masqueraded.map(postrouting)];
  return originOutputs(places, host, context);
}

function acceptRule(direction: "-i" | "-o", bridge: string, comment: string): Rule {
  return { spec: [direction, bridge, ...commentMatch(comment), "-j", "ACCEPT"] };
}

function masqueradeRule(cidr: string, comment: string): Rule {
  return { spec: ["-s", cidr, ...commentMatch(comment), "-j", "MASQUERADE"] };
}

function forwardPlace(family: Family, { firewall }: Snapshot): Place {
  const table = tableOf(family, "filter");
  return { table, chain: forwardChain(firewall.get(table)) };
}

/** By its exact mark, or (the resource was renamed) by what the state file says it had. */
function masqueradesOf(family: Family, bridge: string, host: Snapshot, context: Context<BridgeNotes>): Found[] {
  const place = postrouting(family);
  const all = found(place, host, context).filter(
    ({ rule }) => factsOf(rule).target === "MASQUERADE" && (noteOf(rule)?.bridge ?? bridge) === bridge,
  );
  const mine = all.filter(({ rule }) => isOf(noteOf(rule)?.mark, context));
  const had = context.previous?.masquerade ?? [];
  for (const rule of had
    .filter((cidr) => familyOf(cidr) === family)
    .map((cidr) => masqueradeRule(cidr, context.mark))) {
    if (mine.some((each) => sameRule(each.rule, rule))) continue;
    const renamed = all.find((each) => sameRule(each.rule, rule));
    if (renamed) mine.push(renamed);
  }
  return mine;
}

function found(place: Place, host: Snapshot, context: Context<BridgeNotes>): Found[] {
  return rulesOf(host.firewall, place.table, place.chain)
    .filter((rule) => isOurs(rule, context))
    .map((rule) => ({ ...place, rule }));
}

function takeOut({ table, chain, rule }: Found, why: string): Step {
  return { do: "rule", table, chain, rule, at: "gone", why };
}
