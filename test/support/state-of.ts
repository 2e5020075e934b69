import { isBuiltIn, isIdle, type Table } from "../../provider/kernel/iptables/ruleset.js";
import type { LinkOptions } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { settingsOf } from "../../provider/links/kind.js";
import { KINDS } from "../../provider/links/kinds.js";

/**
 * A snapshot as plain data that compares. It leaves out what tells nothing: indexes of interfaces,
 * which always differ, built-in chains that do nothing, and the order of addresses and routes.
 */
export const stateOf = (snapshot: Snapshot): unknown =>
  JSON.parse(JSON.stringify({ ...snapshot, firewall: busy(snapshot) }, comparable));

function comparable(key: string, value: unknown): unknown {
  if (/index$/i.test(key)) return undefined;
  if (key === "options" || key === "port") return chosen(value as LinkOptions);
  if (value instanceof Map) return Object.fromEntries([...value].sort());
  if (key !== "addresses" && key !== "routes") return value;
  return (value as unknown[]).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A setting that was never made is the same as one with its initial value. */
function chosen(options: LinkOptions): LinkOptions {
  const settings = KINDS.flatMap(settingsOf).map(([, setting]) => setting);
  const isInitial = (word: string, text: string) =>
    settings.some((setting) => setting.word === word && setting.toText(setting.initial) === text);
  return Object.fromEntries(Object.entries(options).filter(([word, text]) => !isInitial(word, text)));
}

/** iptables makes idle built-in chains or doesn't. On the kernel the battery ignores them too. */
function busy({ firewall }: Snapshot): Snapshot["firewall"] {
  const part = (table: Table) => new Map([...table].filter(([name, chain]) => !isBuiltIn(name) || !isIdle(chain)));
  return new Map([...firewall].map(([name, table]) => [name, part(table)]));
}
