import { drift } from "../../kernel/drift.js";
import { FAMILIES, type Family, familyOf } from "../../kernel/family.js";
import { printRule } from "../../kernel/iptables/iptables-save.js";
import { shownRule } from "../../kernel/iptables/rule-comment.js";
import { factsOf, identityOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { type Firewall, type Rule, tableOf } from "../../kernel/iptables/ruleset.js";
import type { ChainSpec, EndpointSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { isMarked, noteOf, sameNote } from "../../ownership/comment.js";
import type { Wanted } from "../backend.js";
import { endpointDrift } from "../drift.js";
import { specOf } from "../state.js";
import { rangePiece } from "./apply.js";
import { ownSteps } from "./chain.js";
import { Draft } from "./draft.js";
import { type Piece, ServiceLayout } from "./layout.js";
import { conditionsIn } from "./notes.js";
import { gateSide, jumpsTo, masqueradeSide, missingJumps, type SideChain } from "./side-chain.js";

const NOBODY = { mark: "" };

/** What is laid out otherwise though the notes are right; "" when nothing is. */
export function otherwise(firewall: Firewall, chain: string, wanted: Wanted): string {
  const draft = new Draft(firewall);
  if ("chain" in wanted) return chainOtherwise(draft, wanted.chain);
  const { service, endpoint, whole } = wanted;
  const spec = specOf(chain, service);
  if (!spec) return "";
  const layout = new ServiceLayout(draft, spec, {});
  const named = spec.endpoints.filter(({ name }) => name === endpoint || (whole && endpoint === undefined));
  const own = endpoint === undefined ? serviceOtherwise(draft, layout, spec) : "";
  return own || first(named.map((each) => () => endpointOtherwise(draft, layout, spec, each)));
}

function first(parts: (() => string)[]): string {
  for (const part of parts) {
    const said = part();
    if (said !== "") return said;
  }
  return "";
}

function chainOtherwise(draft: Draft, spec: ChainSpec): string {
  return first(
    FAMILIES.flatMap((family) => {
      const nat = tableOf(family, "nat");
      const rules = spec.rules.filter(({ destination }) => familyOf(destination) === family);
      const isNeeded = family === "ip" || rules.length > 0 || draft.table(nat)?.has(spec.name);
      const side = gateSide(family, spec.name, draft.table(tableOf(family, "filter")));
      const hasRange = spec.vipRanges.some((range) => familyOf(range) === family);
      return [
        () => (isNeeded ? (ownSteps(draft, family, { ...spec, rules }, NOBODY)[0]?.why ?? "") : ""),
        () => (isNeeded ? hooksOtherwise(draft, family, spec) : ""),
        () => groupDrift(rangePiece(draft, family, spec, NOBODY)),
        () => (hasRange ? jumpsDrift(side, draft) : ""),
      ];
    }),
  );
}

function hooksOtherwise(draft: Draft, family: Family, { name, hooks }: ChainSpec): string {
  const table = tableOf(family, "nat");
  if (!draft.table(table)?.has(name)) return drift("name", `no chain ${name} in table nat of IPv6`, name);
  const leads = (chain: string) =>
    (draft.rules(table, chain) ?? []).some((rule) => noteOf(rule) && sameRule(rule, { spec: ["-j", name] }));
  const found = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].filter(leads);
  return hooks.length === found.length && hooks.every(leads) ? "" : drift("hooks", found, hooks);
}

function serviceOtherwise(draft: Draft, layout: ServiceLayout, spec: ServiceSpec): string {
  const { nat, filter, inside, outside } = layout.names;
  const side = gateSide(spec.family, spec.chain, draft.table(filter));
  const junkIn = (chain: string) => {
    const junk = draft.rules(nat, chain)?.find((rule) => !isMarked(rule));
    return junk ? drift(`chain ${chain}`, shownRule(junk), "jumps to endpoints only") : "";
  };
  return first([
    () => (draft.table(nat)?.has(inside) ? "" : drift("name", `no chain ${inside}`, spec.name)),
    () => groupDrift(layout.dispatch()),
    () => outsideDrift(draft.table(nat)?.has(outside) ?? false, layout, spec),
    () => junkIn(inside),
    () => junkIn(outside),
    () => {
      const gate = layout.gate();
      return groupDrift(gate) || (gate.wanted.length > 0 ? jumpsDrift(side, draft) : "");
    },
  ]);
}

/** Is there a chain for what comes from outside just where the policies ask for one? */
function outsideDrift(isThere: boolean, { hasOutside, names }: ServiceLayout, spec: ServiceSpec): string {
  if (isThere === hasOutside) return "";
  const found = isThere ? `chain ${names.outside}` : `no chain ${names.outside}`;
  return drift("externalTrafficPolicy", found, spec.externalTrafficPolicy);
}

function endpointOtherwise(draft: Draft, layout: ServiceLayout, spec: ServiceSpec, endpoint: EndpointSpec): string {
  const chain = layout.endpointChain(endpoint);
  const side = masqueradeSide(spec.family, spec.chain);
  return first([
    () => ownOtherwise(layout.endpoint(endpoint), endpoint),
    ...layout.choice().map((piece) => () => jumpDrift(`${spec.chain}/${spec.name}`, chain, piece)),
    () => {
      const masquerade = layout.masquerade(endpoint);
      return groupDrift(masquerade) || (masquerade.wanted.length > 0 ? jumpsDrift(side, draft) : "");
    },
  ]);
}

function ownOtherwise({ found, wanted, same, chain }: Piece, endpoint: EndpointSpec): string {
  if (!found) return drift("name", `no chain ${chain}`, endpoint.name);
  if (same) return "";
  const [rule] = found;
  const isSame = found.length === wanted.length && found.every((each, at) => sameRule(each, wanted[at]!));
  const said = isSame && rule && endpointDrift({ ...endpoint, ...conditionsIn(noteOf(rule)?.says) }, endpoint);
  return said || drift("address", found.map(shownRule), wanted.map(shownRule));
}

/** What is wrong with the rules of one chain that lead to an endpoint; "" when nothing is. */
function jumpDrift(service: string, endpointChain: string, { chain, found, wanted, same }: Piece): string {
  if (same || !found) return "";
  // What is no jump of ours shifts the places, and is the service's concern.
  const jumps = found.filter(isMarked);
  const leads = (rule: Rule | undefined) => rule !== undefined && factsOf(rule).target === endpointChain;
  if (!jumps.some(leads)) return drift("service", `no jump from ${chain} to ${endpointChain}`, service);
  const isRight = (a: Rule | undefined, b: Rule | undefined) => a && b && sameRule(a, b) && sameNote(a, b);
  const at = Array.from({ length: Math.max(jumps.length, wanted.length) }, (_, each) => each).find(
    (each) => (leads(jumps[each]) || leads(wanted[each])) && !isRight(jumps[each], wanted[each]),
  );
  if (at === undefined) return "";
  const place = (rules: Rule[]) => {
    const index = leads(rules[at]) ? at : rules.findLastIndex(leads);
    return index < 0 ? "none" : `jump ${index + 1} of ${chain}, ${shownRule(rules[index]!)}`;
  };
  return drift("service", place(jumps), place(wanted));
}

/** What of a group is there and isn't wanted, and what is wanted and isn't there. */
function groupDrift({ table, chain, found = [], wanted, same }: Piece): string {
  if (same) return "";
  const only = (these: Rule[], those: Rule[]) => {
    const others = new Set(those.map(identityOf));
    return these.filter((rule) => !others.has(identityOf(rule)));
  };
  const where = table.endsWith("nat") ? "" : " of table filter";
  const rules = [only(found, wanted), only(wanted, found)] as const;
  const isComment = String(rules[0].map(shownRule)) === String(rules[1].map(shownRule));
  const [is, asked] = [
    rules[0].map(isComment ? printRule : shownRule),
    rules[1].map(isComment ? printRule : shownRule),
  ];
  return is.length + asked.length === 0
    ? drift(`chain ${chain}${where}`, found.map(shownRule), `${wanted.map(shownRule).join(", ")}, last`)
    : drift(`chain ${chain}${where}`, is, asked);
}

function jumpsDrift(side: SideChain, draft: Draft): string {
  if (missingJumps(side, draft).length === 0) return "";
  const [found, declared] = [jumpsTo(side, draft), side.hooks].map((jumps) => jumps.map(({ chain }) => chain));
  return drift(`jumps to ${side.name} of table ${side.table.replace("ip6 ", "")}`, found, declared);
}
