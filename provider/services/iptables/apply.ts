import { FAMILIES, type Family, familyOf } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Firewall, isBuiltIn, type TableName, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Acting, Change, ServiceState } from "../../kernel/service-change.js";
import type { ChainSpec } from "../../kernel/service-spec.js";
import { commentOf, noteOf } from "../../ownership/comment.js";
import { endpointChainName, serviceChainName } from "../chain-name.js";
import { parseKey, specOf } from "../state.js";
import { layChain, removeChain } from "./chain.js";
import { Draft } from "./draft.js";
import { groupPiece, namesOf, ServiceLayout } from "./layout.js";
import { insideName, jumpsIn } from "./read.js";
import { dropFlushed, gateSide, isOursSide, masqueradeSide, settleSide } from "./side-chain.js";
import { chainState } from "./states.js";

/** A firewall after changes of NatChains. The one given stays as it is. */
export function apply(firewall: Firewall, changes: Change[]): Firewall {
  const draft = new Draft(firewall);
  for (const { chain, change, by = { mark: "" } } of changes) {
    if ("service" in change) putService(draft, chain, change.service, change.state, by);
    else if (change.chain) putChain(draft, change.chain, by);
    else clear(draft, firewall, chain, by);
  }
  return draft.finish();
}

function putService(draft: Draft, chain: string, key: string, held: ServiceState | null, by: Acting): void {
  const { family, name } = parseKey(key);
  const names = namesOf({ chain, family, name });
  const sides = [masqueradeSide(family, chain), gateSide(family, chain, draft.table(names.filter))] as const;
  const were = sides.map((side) => isOursSide(side, draft));
  const before = new Set(
    [names.inside, names.outside].flatMap((each) =>
      jumpsIn(draft.rules(names.nat, each)).map(({ endpointChain }) => endpointChain),
    ),
  );
  const spec = held && specOf(chain, held);
  if (spec) {
    if (family === "ip6") bringChain6(draft, chain, by);
    lay(draft, new ServiceLayout(draft, spec, by), held);
  } else takeService(draft, chain, { family, name }, held, by);
  const kept = new Set(held?.endpoints.map((each) => endpointChainName(names.prefix, each.name)));
  const gone = name === "" ? orphans(draft, chain, family) : [...before];
  for (const each of gone) if (!kept.has(each)) takeEndpoint(draft, chain, family, each);
  const marks = [held?.endpoints[0]?.mark ?? by.mark, held?.service?.mark ?? by.mark];
  for (const [at, side] of sides.entries()) settleSide(side, marks[at]!, were[at]!, draft, by);
  if (!spec && family === "ip6") takeChain6(draft, chain);
  draft.settle(spec ? undefined : by.memory);
}

function lay(draft: Draft, layout: ServiceLayout, { endpoints }: ServiceState): void {
  const { nat, outside } = layout.names;
  for (const piece of layout.choice()) piece.put();
  layout.dispatch().put();
  if (!layout.hasOutside) draft.drop({ table: nat, chain: outside });
  for (const endpoint of endpoints) {
    layout.endpoint(endpoint).put();
    layout.masquerade(endpoint).put();
  }
  layout.gate().put();
}

/**
 * Takes away what leads to a service, and what is refused for it; what of its endpoints is left
 * keeps its own.
 */
function takeService(
  draft: Draft,
  chain: string,
  of: { family: Family; name: string },
  left: ServiceState | null,
  { adopt }: Acting,
): void {
  if (of.name === "") return;
  const { nat, filter, inside, outside, prefix } = namesOf({ chain, ...of });
  const led = draft.group("dispatch", nat, chain, inside);
  const others = led.filter((rule) => !noteOf(rule) && !adopt);
  const jumps = jumpsIn(draft.rules(nat, inside));
  draft.setGroup("dispatch", { table: nat, chain }, inside, others, (rule) =>
    others.includes(rule) ? rule : undefined,
  );
  draft.setGroup("gate", { table: filter, chain }, inside, [], () => undefined);
  const isOurs = led.some((rule) => noteOf(rule));
  if (isOurs || !isStrangers(draft, nat, outside)) draft.drop({ table: nat, chain: outside });
  // Without a service, one endpoint less is a change of the service chain alone.
  const isEndpoint = !isOurs && left !== null && left.endpoints.length < jumps.length;
  if (!isEndpoint) {
    if (isOurs || !isStrangers(draft, nat, inside)) draft.drop({ table: nat, chain: inside });
    return;
  }
  const kept = new Set(left.endpoints.map(({ name }) => endpointChainName(prefix, name)));
  const rules = draft.rules(nat, inside) ?? [];
  draft.set(
    { table: nat, chain: inside },
    rules.filter((rule) => kept.has(factsOf(rule).target ?? "")),
  );
}

/** Does a chain hold rules, and none that this product marked? */
function isStrangers(draft: Draft, table: TableName, chain: string): boolean {
  const rules = draft.rules(table, chain) ?? [];
  return rules.length > 0 && !rules.some((rule) => noteOf(rule));
}

function orphans(draft: Draft, chain: string, family: Family): string[] {
  const { nat, prefix, masquerade } = namesOf({ chain, family, name: "" });
  const chains = [...(draft.table(nat)?.keys() ?? [])].filter(
    (name) => name.startsWith(endpointChainName(prefix, "")) && draft.leadingTo(nat, name).size === 0,
  );
  const masqueraded = (draft.rules(nat, masquerade) ?? []).flatMap((rule) => noteOf(rule)?.says?.for ?? []);
  return [...new Set([...chains, ...masqueraded.filter((name) => !draft.table(nat)?.has(name))])];
}

/** Takes an endpoint's chain away, and what is masqueraded for it, where no service leads to it. */
function takeEndpoint(draft: Draft, chain: string, family: Family, endpointChain: string): void {
  const { nat, masquerade } = namesOf({ chain, family, name: "" });
  if (draft.leadingTo(nat, endpointChain).size > 0) return;
  if (!isStrangers(draft, nat, endpointChain)) draft.drop({ table: nat, chain: endpointChain });
  draft.setGroup("masquerade", { table: nat, chain: masquerade }, endpointChain, [], () => undefined);
}

/**
 * In IPv6's table nat a NatChain is as long as something needs it there: a service, or a rule of
 * its own.
 */
function bringChain6(draft: Draft, chain: string, by: Acting): void {
  if (draft.table("ip6 nat")?.has(chain)) return;
  const found = chainIn(draft, "ip", chain);
  if (found) layChain(draft, "ip6", { name: chain, rules: [], ...found }, { ...by, mark: found.mark, adopt: false });
}

function takeChain6(draft: Draft, chain: string): void {
  const found = chainIn(draft, "ip6", chain);
  if (found && isIdle6(draft, chain, false)) removeChain(draft, "ip6", chain);
}

/** With which hooks a NatChain is in a family's table nat, and by whose mark. */
function chainIn(draft: Draft, family: Family, name: string): { mark: string; hooks: string[] } | undefined {
  const nat = tableOf(family, "nat");
  const jumps = [...(draft.table(nat)?.keys() ?? [])]
    .filter(isBuiltIn)
    .flatMap((chain) => (draft.rules(nat, chain) ?? []).map((rule) => ({ chain, rule })))
    .filter(({ rule }) => factsOf(rule).target === name && noteOf(rule));
  const own = (draft.rules(nat, name) ?? []).filter((rule) => noteOf(rule) && noteOf(rule)?.targetPort === undefined);
  const [anchor] = [...jumps.map(({ rule }) => rule), ...own];
  return anchor && { mark: noteOf(anchor)!.mark, hooks: [...new Set(jumps.map(({ chain }) => chain))] };
}

/**
 * Is nothing in it that leads anywhere, nor left of a service? Its owner's DNAT rules count for all
 * but for the owner.
 */
function isIdle6(draft: Draft, name: string, forItsOwner: boolean): boolean {
  const nat: TableName = "ip6 nat";
  const used = (draft.rules(nat, name) ?? []).some((rule) => {
    const isOwn = noteOf(rule) !== undefined && noteOf(rule)?.targetPort === undefined;
    return factsOf(rule).target !== undefined && !(forItsOwner && isOwn);
  });
  const prefix = serviceChainName(namesOf({ chain: name, name: "", family: "ip6" }).prefix, "");
  return (
    !used &&
    ![...(draft.table(nat)?.keys() ?? [])].some((chain) => chain.startsWith(prefix) && insideName(chain) === chain)
  );
}

function putChain(draft: Draft, spec: ChainSpec, by: Acting): void {
  const rulesOf = (family: Family) => spec.rules.filter(({ destination }) => familyOf(destination) === family);
  layChain(draft, "ip", { ...spec, rules: rulesOf("ip") }, by);
  const six = rulesOf("ip6");
  if (six.length > 0 || (draft.table("ip6 nat")?.has(spec.name) && !isIdle6(draft, spec.name, true)))
    layChain(draft, "ip6", { ...spec, rules: six }, by);
  else if (draft.table("ip6 nat")?.has(spec.name)) removeChain(draft, "ip6", spec.name);
  for (const family of FAMILIES) putRange(draft, family, spec, by);
  draft.settle(undefined);
}

/**
 * What no service of the range took is dropped, so that it goes nowhere else; after all that the
 * services refuse.
 */
export function rangePiece(draft: Draft, family: Family, { name, mark, vipRanges }: ChainSpec, by: Acting) {
  const place = { table: tableOf(family, "filter"), chain: name };
  const origin = draft.origin(place, by.memory);
  const comment = commentOf({ mark, says: { for: name }, ...(origin && { origin }) });
  const rules = vipRanges
    .filter((range) => familyOf(range) === family)
    .map((range) => ({ spec: ["-d", range, ...commentMatch(comment), "-j", "DROP"] }));
  const found = draft.group("range", place.table, name, name);
  const piece = groupPiece(draft, "range", place, name, found, rules);
  const isLast = found.length === 0 || draft.rules(place.table, name)?.at(-1) === found.at(-1);
  const put = () => draft.setGroup("range", place, name, piece.wanted, () => undefined);
  return isLast ? piece : { ...piece, same: false, put };
}

function putRange(draft: Draft, family: Family, spec: ChainSpec, by: Acting): void {
  const side = gateSide(family, spec.name, draft.table(tableOf(family, "filter")));
  const wasOurs = isOursSide(side, draft);
  rangePiece(draft, family, spec, by).put();
  settleSide(side, spec.mark, wasOurs, draft, by);
}

/** Takes a NatChain away with all that is in it. */
function clear(draft: Draft, firewall: Firewall, chain: string, by: Acting): void {
  const { services = new Map<string, ServiceState>() } = chainState(firewall, chain) ?? {};
  for (const [key, { service }] of services) if (service) putService(draft, chain, key, null, by);
  const none = { name: chain, mark: by.mark, hooks: [], vipRanges: [], rules: [] };
  for (const family of FAMILIES) {
    putRange(draft, family, none, by);
    removeChain(draft, family, chain);
    for (const side of [masqueradeSide(family, chain), gateSide(family, chain, undefined)]) dropFlushed(side, draft);
  }
  draft.settle(by.memory);
}
