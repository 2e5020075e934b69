import type { Firewall, TableName } from "../model/ruleset.js";
import { emptyTables, restoreScript } from "../model/ruleset.js";
import { type Exec, must } from "./exec.js";

/** Seconds to wait for another program that holds the xtables lock (legacy backend) or changes the same tables. */
const WAIT = "10";

/**
 * Leads the firewall from one state to another in one transaction a table, so that no packet ever sees half of a change.
 * A table in `drops` that holds nothing afterwards is taken away: only those that were not there before us are named.
 */
export async function commitFirewall(
  exec: Exec,
  before: Firewall,
  after: Firewall,
  drops: Set<TableName>,
): Promise<void> {
  const script = restoreScript(before, after);
  if (script !== "") await must(exec, ["iptables-restore", "--noflush", "-w", WAIT], { input: script });
  const empty = emptyTables(after).filter((table) => drops.has(table));
  for (const table of empty) await dropTable(exec, table, after);
}

/**
 * iptables can't remove a table that iptables-nft made. The chains go first, by name, in the same transaction: if anybody has put
 * a rule into one since, that fails and all stays as it is.
 */
async function dropTable(exec: Exec, table: TableName, after: Firewall): Promise<void> {
  const { stdout, exitCode } = await exec(["nft", "list", "table", "ip", table]);
  if (exitCode !== 0) return; // legacy backend, or gone already
  const present = [...stdout.matchAll(/^\s*chain (\S+) \{/gm)].map(([, chain = ""]) => chain);
  if (present.some((chain) => !after.get(table)?.has(chain))) return;
  const lines = [...present.map((chain) => `delete chain ip ${table} ${chain}`), `delete table ip ${table}`];
  await exec(["nft", "-f", "-"], { input: `${lines.join("\n")}\n` });
}
