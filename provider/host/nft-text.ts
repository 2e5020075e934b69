import { unreadable } from "../kernel/errors.js";
import type { ListedRule } from "../kernel/unreadable.js";

/**
 * `nft -a list table` → the rules of each chain. JSON does not have a rule as people write it.
 * Throws HostError.
 */
export function parseListing(text: string): Map<string, ListedRule[]> {
  const chains = new Map<string, ListedRule[]>();
  if (!/(^|\n)\}\n+$/.test(text))
    throw unreadable("nft -a list table", `it ends with ${JSON.stringify(text.slice(-60))}`);
  let rules: ListedRule[] | undefined;
  let open: string[] = [];
  for (const line of text.split("\n")) {
    const [, chain] = /^\tchain (\S+) \{/.exec(line) ?? [];
    if (chain !== undefined) {
      rules = [];
      chains.set(chain, rules);
    } else if (/^\t\}/.test(line)) rules = undefined;
    else if (rules && !(open.length === 0 && /^\t\t(type \S+ hook |comment ")/.test(line))) {
      open.push(line.trim());
      const rule = ruleOf(open.join(" "));
      if (!rule) continue;
      rules.push(rule);
      open = [];
    }
  }
  return chains;
}

/** A rule ends with its handle, which its comment may stand before. */
function ruleOf(text: string): ListedRule | undefined {
  const [, body = "", handle] = /^(.*) # handle (\d+)$/.exec(text) ?? [];
  if (handle === undefined) return undefined;
  const [, comment] = / comment "([^"]*)"$/.exec(body) ?? [];
  return { handle: Number(handle), text: body.replace(/ {2,}/g, " "), ...(comment !== undefined && { comment }) };
}
