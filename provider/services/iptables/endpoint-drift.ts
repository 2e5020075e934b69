import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { sameRule } from "../../kernel/iptables/rule-facts.js";
import type { Chain, Rule } from "../../kernel/iptables/ruleset.js";
import { noteOf, ownerOf, sameNote, shownRule } from "../../ownership/comment.js";
import { conditionsOf, type EndpointArgs } from "../endpoint-args.js";
import { conditionDrift, conditionsIn } from "./endpoint-note.js";
import { addressIn } from "./read.js";

/** What of the endpoint's chain is not as declared; "" when all is. */
export function wrongEndpoint(
  desired: EndpointArgs & { name: string },
  endpoint: string,
  found: Chain | undefined,
  wanted: Rule[],
  context: Context,
): string {
  if (!found) return drift("name", `no chain ${endpoint}`, desired.name);
  const { rules } = found;
  const ours = rules.every((rule) => ownerOf(rule, context) === "ours");
  const same = rules.length === wanted.length && rules.every((rule, at) => sameRule(rule, wanted[at]!));
  if (ours && same && rules.every((rule, at) => sameNote(rule, wanted[at]!))) return "";
  const addresses = [...new Set(rules.map(addressIn))];
  if (rules.length === 0 || (rules.length === wanted.length && addresses[0] && addresses[0] !== desired.address))
    return drift("address", addresses, desired.address);
  const other = ours && same && conditionDrift(conditionsIn(noteOf(rules[0]!)?.says), conditionsOf(desired));
  return other || drift("address", rules.map(shownRule), wanted.map(shownRule));
}
