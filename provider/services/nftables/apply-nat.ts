import type { NatStep } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { changeNatTable, copyNatTable, isThere, type NatTable, natTable } from "./nat-table.js";

/** Whose alone the tables of a snapshot are: those of any other were shared with it, and are copied before they are changed. */
const own = new WeakMap<Map<string, NatTable>, Snapshot>();

/** The NatChains after a step: changes `snapshot`, and no other that has the same tables. */
export function applyNat(snapshot: Snapshot, { chain, change }: NatStep): void {
  if (own.get(snapshot.natTables) !== snapshot) {
    snapshot.natTables = new Map([...snapshot.natTables].map(([name, table]) => [name, copyNatTable(table)]));
    own.set(snapshot.natTables, snapshot);
  }
  const { natTables } = snapshot;
  const table = natTables.get(chain) ?? natTable(chain);
  changeNatTable(table, change);
  if (isThere(table)) natTables.set(chain, table);
  else natTables.delete(chain);
}
