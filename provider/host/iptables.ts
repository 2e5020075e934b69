import { FAMILIES } from "../model/family.js";
import { onlyRealChains, parseSave } from "../model/iptables-save.js";
import type { NatTable } from "../model/nft/nat-table.js";
import type { OtherBackend } from "../model/other-backend.js";
import { droppedTables, restoreScript } from "../model/restore-script.js";
import { type Firewall, isBuiltIn, plainName, tableFamily, tableOf } from "../model/ruleset.js";
import type { Family } from "../model/service-spec.js";
import { isFirewall, isNat, type Step } from "../plan.js";
import { type Exec, failure, must } from "./exec.js";
import { readNat } from "./nat.js";
import { listNft, type NftObject } from "./nft-json.js";
import { backendOf, hasTables, readOtherBackend } from "./other-backend.js";
import { namingHolder } from "./xtables-lock.js";

/** Seconds to wait for another program that holds the xtables lock (legacy backend) or changes the same tables. */
const WAIT = "10";

/**
 * Which built-in chains of a host are there: iptables-nft prints all those of a table, there or not, and nft tells. It is asked once,
 * and again after a change that may bring one into being or take one away.
 */
export class RealChains {
  private listed?: Promise<Listed | undefined>;
  /** When ip6tables-save was asked last, it had nothing to say. */
  silent6 = false;

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
    if (!steps || steps.some((step) => isFirewall(step) && tableFamily(step.table) === "ip6")) this.silent6 = false;
  }
}

/** What nft lists of tables. */
interface Listed {
  /** Table → chains, of families ip and ip6; tables without any chain too. */
  chains: Map<string, Set<string>>;
  /** All tables, as nft names them ("ip6 hostnet-DUSTIN-SERVICES"). */
  tables: string[];
}

/** The rules of a host, and those that iptables does not show because they are in its other backend. */
interface Rules {
  firewall: Firewall;
  otherBackends: OtherBackend[];
}

/**
 * Reads them, and the NatChains on nftables. Most hosts have no rules of IPv6, and each reading of none would be a process more: once ip6tables-save has had
 * nothing to say, it is asked again when nft, which is asked anyway, tells of tables of IPv6, when this run has made some, or for who wants some (`ip6`).
 * Throws HostError.
 */
export async function readFirewall(
  exec: Exec,
  chains = new RealChains(),
  ip6 = false,
): Promise<Rules & { natTables: Map<string, NatTable> }> {
  const listing = chains.list(exec);
  const later = async () => (hasTables((await listing)?.chains, "ip6") ? await read6(exec, chains, ip6) : NONE);
  const [a, b, natTables] = await Promise.all([
    readFamily(exec, "ip", chains),
    ip6 || !chains.silent6 ? read6(exec, chains, ip6) : later(),
    listing.then((listed) => readNat(exec, listed?.tables ?? [])),
  ]);
  return {
    firewall: new Map([...a.firewall, ...b.firewall]),
    otherBackends: [...a.otherBackends, ...b.otherBackends],
    natTables,
  };
}

/** A host that can't do IPv6 has no rules of it. Who wants some is told why. */
async function read6(exec: Exec, chains: RealChains, wanted: boolean): Promise<Rules> {
  const rules = await readFamily(exec, "ip6", chains).catch((error: unknown) => {
    if (wanted) throw error;
    return NONE;
  });
  chains.silent6 =
    (await chains.list(exec)) !== undefined && rules.firewall.size === 0 && rules.otherBackends.length === 0;
  return rules;
}

async function readFamily(exec: Exec, family: Family, chains: RealChains): Promise<Rules> {
  const tool = `${TOOL[family]}-save`;
  const [saved, list] = await Promise.all([exec([tool]), chains.list(exec)]);
  const listed = list?.chains;
  if (saved.exitCode !== 0) throw failure([tool], saved.stderr);
  const all = parseSave(saved.stdout, family);
  // What nft lists is of nft's tables; those of iptables-legacy have all their built-in chains.
  const own = backendOf(saved, listed, family) === `${TOOL[family]}-nft` ? listed : undefined;
  const firewall = own ? onlyRealChains(all, (table, chain) => own.get(table)?.has(chain) ?? true) : all;
  const other = await readOtherBackend(exec, saved, listed, family);
  return { firewall, otherBackends: other ? [other] : [] };
}

const TOOL: Record<Family, "iptables" | "ip6tables"> = { ip: "iptables", ip6: "ip6tables" };
const NONE: Rules = { firewall: new Map(), otherBackends: [] };

/**
 * Leads the firewall from one state to another in one transaction a table, so that no packet ever sees half of a change.
 * Tables that are gone afterwards are those that were not there before us. Where one table is refused, those that have changed already are taken back.
 */
export async function commitFirewall(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  await restoreAll(exec, before, after).catch(async (error: unknown) => {
    await takeBack(exec, before, after);
    throw error;
  });
  await dropGone(exec, before, after);
}

async function dropGone(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  const dropped = droppedTables(before, after);
  for (const family of new Set(dropped.map(tableFamily)))
    await dropTables(
      exec,
      dropped.filter((table) => tableFamily(table) === family),
      family,
    );
}

async function restoreAll(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  for (const family of FAMILIES) {
    const input = restoreScript(before, after, family);
    if (input !== "")
      await must(exec, [`${TOOL[family]}-restore`, "--noflush", "-w", WAIT], { input }).catch(async (error) => {
        throw await namingHolder(exec, error);
      });
  }
}

/** Leads the tables that have changed back, from what they were to become: what others did there meanwhile stays. */
async function takeBack(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  const differ = (table: string, a: Firewall, b: Firewall) =>
    restoreScript(only(table, a), only(table, b), tableFamily(table)) !== "";
  const tables = [...new Set([...before.keys(), ...after.keys()])].filter((table) => differ(table, before, after));
  if (tables.length < 2) return;
  const { firewall: now } = await readFirewall(exec);
  const changed = tables.filter((table) => !differ(table, now, after));
  if (changed.length === 0) return;
  const half = new Map([...before, ...changed.map((table) => [table, after.get(table) ?? new Map()] as const)]);
  await restoreAll(exec, half, before);
  await dropGone(exec, half, before);
}

const only = (table: string, firewall: Firewall): Firewall => new Map([...firewall].filter(([name]) => name === table));

/**
 * iptables can't remove a table that iptables-nft made, and nft removes one with all that is in it. So they are looked at afresh, since iptables
 * doesn't show all (sets, say), and others may have come in meanwhile: then it stays. With iptables-legacy nft's tables are none of ours.
 */
async function dropTables(exec: Exec, tables: string[], family: Family): Promise<void> {
  if (tables.length === 0) return;
  const { stdout: version } = await exec([TOOL[family], "--version"]);
  if (!version.includes("(nf_tables)")) return;
  const names = tables.map((table) => `${family} ${plainName(table)}`);
  const idle = await Promise.all(names.map((name) => isIdle(exec, name)));
  const going = names.filter((_, at) => idle[at]).map((name) => `delete table ${name}`);
  if (going.length > 0) await exec(["nft", going.join("; ")]);
}

/** Is there nothing in it but built-in chains that let all pass? */
async function isIdle(exec: Exec, name: string): Promise<boolean> {
  const objects = await listNft(exec, `list table ${name}`);
  const idle = ({ metainfo, table, chain }: NftObject) =>
    metainfo || table || (chain && isBuiltIn(chain.name) && chain.policy === "accept");
  return objects?.every(idle) ?? false;
}

async function listChains(exec: Exec): Promise<Listed | undefined> {
  const objects = await listNft(exec, "list tables; list chains");
  if (!objects) return undefined;
  const listed: Listed = { chains: new Map(), tables: [] };
  const known = (family: string): family is Family => family in TOOL;
  for (const { table, chain } of objects) {
    if (table) listed.tables.push(`${table.family} ${table.name}`);
    if (table && known(table.family)) listed.chains.set(tableOf(table.family, table.name), new Set());
    if (chain && known(chain.family)) listed.chains.get(tableOf(chain.family, chain.table))?.add(chain.name);
  }
  return listed;
}
