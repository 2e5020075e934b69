import { onlyRealChains, parseSave } from "../model/iptables-save.js";
import type { NatTable } from "../model/nft/nat-table.js";
import type { OtherBackend } from "../model/other-backend.js";
import { droppedTables, restoreScript } from "../model/restore-script.js";
import { type Firewall, isBuiltIn } from "../model/ruleset.js";
import { isFirewall, isNat, type Step } from "../plan.js";
import { type Exec, failure, must } from "./exec.js";
import { readNat } from "./nat.js";
import { listNft, type NftObject } from "./nft-json.js";
import { backendOf, readOtherBackend } from "./other-backend.js";
import { namingHolder } from "./xtables-lock.js";

/** Seconds to wait for another program that holds the xtables lock (legacy backend) or changes the same tables. */
const WAIT = "10";

/**
 * Which built-in chains of a host are there: iptables-nft prints all those of a table, there or not, and nft tells. It is asked once,
 * and again after a change that may bring one into being or take one away.
 */
export class RealChains {
  private listed?: Promise<Listed | undefined>;

  /** Undefined where there is no nft, and all count as there. */
  list(exec: Exec): Promise<Listed | undefined> {
    this.listed ??= listChains(exec);
    return this.listed;
  }

  /** Ask again, when `steps` have changed built-in chains of a firewall that was like this; without any, in any case. */
  forget(steps?: Step[], before?: Firewall): void {
    const matters = (step: Step) =>
      (isFirewall(step) && step.do !== "dropEmptyTable" && (isBuiltIn(step.chain) || !before?.has(step.table))) ||
      isNat(step);
    if (!steps || steps.some(matters)) this.listed = undefined;
  }
}

/** What nft lists of tables. */
interface Listed {
  /** Table → chains, of family ip; tables without any chain too. */
  chains: Map<string, Set<string>>;
  /** All tables, as nft names them ("ip6 hostnet-DUSTIN-SERVICES"). */
  tables: string[];
}

/** The IPv4 rules of the host, those that iptables does not show because they are in its other backend, and the NatChains on nftables. */
export async function readFirewall(
  exec: Exec,
  chains = new RealChains(),
): Promise<{ firewall: Firewall; otherBackend?: OtherBackend; natTables: Map<string, NatTable> }> {
  const [saved, list] = await Promise.all([exec(["iptables-save"]), chains.list(exec)]);
  const listed = list?.chains;
  if (saved.exitCode !== 0) throw failure(["iptables-save"], saved.stderr);
  const all = parseSave(saved.stdout);
  // What nft lists is of nft's tables; those of iptables-legacy have all their built-in chains.
  const own = backendOf(saved, listed) === "iptables-nft" ? listed : undefined;
  const firewall = own ? onlyRealChains(all, (table, chain) => own.get(table)?.has(chain) ?? true) : all;
  const [otherBackend, natTables] = await Promise.all([
    readOtherBackend(exec, saved, listed),
    readNat(exec, list?.tables ?? []),
  ]);
  return { firewall, otherBackend, natTables };
}

/**
 * Leads the firewall from one state to another in one transaction a table, so that no packet ever sees half of a change.
 * Tables that are gone afterwards are those that were not there before us.
 */
export async function commitFirewall(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  const script = restoreScript(before, after);
  const restored =
    script === "" ? undefined : must(exec, ["iptables-restore", "--noflush", "-w", WAIT], { input: script });
  await restored?.catch(async (error: unknown) => {
    throw await namingHolder(exec, error);
  });
  await dropTables(exec, droppedTables(before, after));
}

/**
 * iptables can't remove a table that iptables-nft made, and nft removes one with all that is in it. So they are looked at afresh, since iptables
 * doesn't show all (sets, say), and others may have come in meanwhile: then it stays. With iptables-legacy nft's tables are none of ours.
 */
async function dropTables(exec: Exec, tables: string[]): Promise<void> {
  if (tables.length === 0) return;
  const { stdout: version } = await exec(["iptables", "--version"]);
  if (!version.includes("(nf_tables)")) return;
  const idle = await Promise.all(tables.map((table) => isIdle(exec, table)));
  const going = tables.filter((_, at) => idle[at]).map((table) => `delete table ip ${table}`);
  if (going.length > 0) await exec(["nft", going.join("; ")]);
}

/** Is there nothing in it but built-in chains that let all pass? */
async function isIdle(exec: Exec, name: string): Promise<boolean> {
  const objects = await listNft(exec, `list table ip ${name}`);
  const idle = ({ metainfo, table, chain }: NftObject) =>
    metainfo || table || (chain && isBuiltIn(chain.name) && chain.policy === "accept");
  return objects?.every(idle) ?? false;
}

async function listChains(exec: Exec): Promise<Listed | undefined> {
  const objects = await listNft(exec, "list tables; list chains");
  if (!objects) return undefined;
  const listed: Listed = { chains: new Map(), tables: [] };
  for (const { table, chain } of objects) {
    if (table) listed.tables.push(`${table.family} ${table.name}`);
    if (table?.family === "ip") listed.chains.set(table.name, new Set());
    if (chain?.family === "ip") listed.chains.get(chain.table)?.add(chain.name);
  }
  return listed;
}
