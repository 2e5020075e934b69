import { onlyRealChains, parseSave } from "../model/iptables-save.js";
import type { OtherBackend } from "../model/other-backend.js";
import { droppedTables, restoreScript } from "../model/restore-script.js";
import { type Firewall, isBuiltIn } from "../model/ruleset.js";
import { staleFlows } from "../model/stale-flows.js";
import { isFirewall, type Step } from "../plan.js";
import { forgetFlows } from "./conntrack.js";
import { type Exec, failure, must } from "./exec.js";
import { type NftObject, parseNft } from "./nft-json.js";
import { backendOf, readOtherBackend } from "./other-backend.js";
import { namingHolder } from "./xtables-lock.js";

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

/** The IPv4 rules of the host, and those that iptables does not show because they are in its other backend. */
export async function readFirewall(
  exec: Exec,
  chains = new RealChains(),
): Promise<{ firewall: Firewall; otherBackend?: OtherBackend }> {
  const [saved, listed] = await Promise.all([exec(["iptables-save"]), chains.list(exec)]);
  if (saved.exitCode !== 0) throw failure(["iptables-save"], saved.stderr);
  const all = parseSave(saved.stdout);
  // What nft lists is of nft's tables; those of iptables-legacy have all their built-in chains.
  const own = backendOf(saved, listed) === "iptables-nft" ? listed : undefined;
  const firewall = own ? onlyRealChains(all, (table, chain) => own.get(table)?.has(chain) ?? true) : all;
  return { firewall, otherBackend: await readOtherBackend(exec, saved, listed) };
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
  await forgetFlows(exec, staleFlows(before, after));
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

/** Table → chains, of family ip, tables without any chain too; undefined where there is no nft. */
async function listChains(exec: Exec): Promise<Map<string, Set<string>> | undefined> {
  const objects = await listNft(exec, "list tables; list chains");
  if (!objects) return undefined;
  const tables = new Map<string, Set<string>>();
  for (const { table, chain } of objects) {
    if (table?.family === "ip") tables.set(table.name, new Set());
    if (chain?.family === "ip") tables.get(chain.table)?.add(chain.name);
  }
  return tables;
}

async function listNft(exec: Exec, listing: string): Promise<NftObject[] | undefined> {
  const { stdout, exitCode } = await exec(["nft", "-j", listing]).catch(() => ({ stdout: "", exitCode: 1 }));
  return exitCode === 0 ? parseNft(stdout) : undefined;
}
