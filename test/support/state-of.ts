import { isBuiltIn, isIdle, type Table } from "../../provider/kernel/iptables/ruleset.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";

/**
 * A snapshot as plain data that compares. Interface indexes tell nothing: they differ each time; nor does a built-in chain that does nothing, nor the order
 * of addresses and routes.
 */
export const stateOf = (snapshot: Snapshot): unknown =>
  JSON.parse(
    JSON.stringify({ ...snapshot, firewall: busy(snapshot) }, (key, value) =>
      value instanceof Map
        ? Object.fromEntries([...value].sort())
        : /index$/i.test(key)
          ? undefined
          : key === "addresses" || key === "routes"
            ? (value as unknown[]).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
            : value,
    ),
  );

/** iptables has a table's built-in chains there or not, as it likes; on the kernel the battery does not look at them either. */
function busy({ firewall }: Snapshot): Snapshot["firewall"] {
  const part = (table: Table) => new Map([...table].filter(([name, chain]) => !isBuiltIn(name) || !isIdle(chain)));
  return new Map([...firewall].map(([name, table]) => [name, part(table)]));
}
