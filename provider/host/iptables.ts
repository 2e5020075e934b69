import { awakened } from "../model/awakened.js";
import { onlyRealChains, parseSave } from "../model/iptables-save.js";
import { droppedTables, restoreScript } from "../model/restore-script.js";
import { type Firewall, isBuiltIn } from "../model/ruleset.js";
import { isFirewall, type Step } from "../plan.js";
import { forgetUntranslated } from "./conntrack.js";
import { type Exec, must } from "./exec.js";

/** Seconds to wait for another program that holds the xtables lock (legacy backend) or changes the same tables. */
const WAIT = "10";

/**
 * Which built-in chains of a host are there: iptables-nft prints all those of a table, there or not, and nft tells. It is asked once,
 * and again after a change that may bring one into being or take one away.
 */
export class RealChains {
  private listed?: Promise<Map<string, Set<string>> | undefined>;

  /** Table → chains; undefined where there is no nft, and all count as there. */
  list(exec: Exec): Promise<Map<string, Set<string>> | undefined> {
    this.listed ??= listChains(exec);
    return this.listed;
  }

  /** Ask again, when `steps` have changed built-in chains of a firewall that was like this; without any, in any case. */
  forget(steps?: Step[], before?: Firewall): void {
    const matters = (step: Step) =>
      isFirewall(step) && step.do !== "dropEmptyTable" && (isBuiltIn(step.chain) || !before?.has(step.table));
    if (!steps || steps.some(matters)) this.listed = undefined;
  }
}

/** The IPv4 rules of the host. */
export async function readFirewall(exec: Exec, chains = new RealChains()): Promise<Firewall> {
  const [saved, listed] = await Promise.all([must(exec, ["iptables-save"]), chains.list(exec)]);
  const firewall = parseSave(saved);
  return listed ? onlyRealChains(firewall, (table, chain) => listed.get(table)?.has(chain) ?? true) : firewall;
}

/**
 * Leads the firewall from one state to another in one transaction a table, so that no packet ever sees half of a change.
 * Tables that are gone afterwards are those that were not there before us.
 */
export async function commitFirewall(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  const script = restoreScript(before, after);
  if (script !== "") await must(exec, ["iptables-restore", "--noflush", "-w", WAIT], { input: script });
  for (const table of droppedTables(before, after)) await dropTable(exec, table);
  await forgetUntranslated(exec, awakened(before, after));
}

/**
 * iptables can't remove a table that iptables-nft made. The chains go first, by name, in the same transaction: if anybody has put
 * a rule into one since, that fails and all stays as it is.
 */
async function dropTable(exec: Exec, table: string): Promise<void> {
  const chains = (await listChains(exec))?.get(table);
  if (!chains) return; // legacy backend, or gone already
  const lines = [...[...chains].map((chain) => `delete chain ip ${table} ${chain}`), `delete table ip ${table}`];
  await exec(["nft", "-f", "-"], { input: `${lines.join("\n")}\n` });
}

/** Table → chains, of family ip, tables without any chain too; undefined where there is no nft. */
async function listChains(exec: Exec): Promise<Map<string, Set<string>> | undefined> {
  const listing = ["nft", "-j", "list tables; list chains"];
  const { stdout, exitCode } = await exec(listing).catch(() => ({ stdout: "", exitCode: 1 }));
  if (exitCode !== 0) return undefined;
  const tables = new Map<string, Set<string>>();
  for (const line of stdout.split("\n").filter(Boolean)) {
    const { nftables } = JSON.parse(line) as { nftables: { table?: Named; chain?: Named & { table: string } }[] };
    for (const { table, chain } of nftables) {
      if (table?.family === "ip") tables.set(table.name, new Set());
      if (chain?.family === "ip") tables.get(chain.table)?.add(chain.name);
    }
  }
  return tables;
}

interface Named {
  family: string;
  name: string;
}
