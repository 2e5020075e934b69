import { HostError } from "../kernel/errors.js";
import { FAMILIES, type Family } from "../kernel/family.js";
import { type Firewall, isBuiltIn, plainName, tableFamily } from "../kernel/iptables/ruleset.js";
import { type Exec, must } from "./exec.js";
import { askVariant } from "./iptables-variant.js";
import { namingLack } from "./kernel-lacks.js";
import { listIfThere, type NftObject } from "./nft-json.js";
import { RealChains } from "./nft-tables.js";
import { readFirewall } from "./read-firewall.js";
import { droppedTables, restoreScript } from "./restore-script.js";
import { namingHolder } from "./xtables-lock.js";

/**
 * Seconds to wait for a program that holds the xtables lock (legacy) or changes the same tables.
 */
const WAIT = "10";

const TOOL: Record<Family, "iptables" | "ip6tables"> = { ip: "iptables", ip6: "ip6tables" };

/**
 * Leads the firewall from one state to another, in one transaction a table: no packet sees half of
 * a change. Where one table is refused, those that have changed already are taken back. Tables that
 * `after` has no more were not there before us, and are deleted.
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
    const input = await possible(exec, restoreScript(before, after, family), family);
    if (input !== "")
      await must(exec, [`${TOOL[family]}-restore`, "--noflush", "-w", WAIT], { input }).catch(async (error) => {
        throw namingLack(await namingHolder(exec, error));
      });
  }
}

/** Only iptables-nft takes a built-in chain away. Those of iptables-legacy stay. */
async function possible(exec: Exec, script: string, family: Family): Promise<string> {
  const isDropped = (line: string) => line.startsWith("-X ") && isBuiltIn(line.slice(3));
  const lines = script.split("\n");
  if (!lines.some(isDropped) || (await askVariant(exec, TOOL[family])) !== "legacy") return script;
  return lines.filter((line) => !isDropped(line)).join("\n");
}

/** Leads the tables that have changed back. What other programs did there meanwhile stays. */
async function takeBack(exec: Exec, before: Firewall, after: Firewall): Promise<void> {
  const differ = (table: string, a: Firewall, b: Firewall) =>
    restoreScript(only(table, a), only(table, b), tableFamily(table)) !== "";
  const tables = [...new Set([...before.keys(), ...after.keys()])].filter((table) => differ(table, before, after));
  if (tables.length < 2) return;
  const { firewall: now } = await readFirewall(exec, new RealChains(), { pieces: true });
  const changed = tables.filter((table) => !differ(table, now, after));
  if (changed.length === 0) return;
  const half = new Map([...before, ...changed.map((table) => [table, after.get(table) ?? new Map()] as const)]);
  await restoreAll(exec, half, before);
  await dropGone(exec, half, before);
}

const only = (table: string, firewall: Firewall): Firewall => new Map([...firewall].filter(([name]) => name === table));

/**
 * iptables can't remove a table that iptables-nft made, and nft removes one with all that is in it.
 * iptables doesn't show all (sets, say), and other rules may have come in meanwhile. So nft looks
 * at it afresh, and it stays unless it is empty. With iptables-legacy nft's tables are not ours.
 */
async function dropTables(exec: Exec, tables: string[], family: Family): Promise<void> {
  const variant = await askVariant(exec, TOOL[family]);
  if (variant === "legacy") for (const table of tables) sayLoaded(table, family);
  if (variant !== "nft") return;
  const names = tables.map((table) => `${family} ${plainName(table)}`);
  const idle = await Promise.all(names.map((name) => isIdle(exec, name)));
  const going = names.filter((_, at) => idle[at]).map((name) => `delete table ${name}`);
  if (going.length > 0) await must(exec, ["nft", going.join("; ")]).catch(unless("not-found"));
}

/** iptables-legacy takes no table away. */
function sayLoaded(table: string, family: Family): void {
  const module = `${family}table_${plainName(table)}`;
  const cure = `where ${module} is a module, \`modprobe -r ${module}\` takes it away`;
  console.log(`table ${table} stays, though nothing is in it: ${TOOL[family]} is iptables-legacy; ${cure}`);
}

/**
 * Is there nothing in it but built-in chains that let all pass? Without nft nobody can tell, nor
 * take it away, and that is said.
 */
async function isIdle(exec: Exec, name: string): Promise<boolean> {
  const objects = await listIfThere(exec, `list table ${name}`).catch(unless("missing"));
  if (!objects) {
    console.log(`table ${name} stays, though nothing is in it: only nft takes a table away, and it is not there`);
    return false;
  }
  const idle = ({ metainfo, table, chain }: NftObject) =>
    metainfo || table || (chain && isBuiltIn(chain.name) && chain.policy === "accept");
  return objects.length > 0 && objects.every(idle);
}

const unless = (code: HostError["code"]) => (error: unknown) => {
  if (!(error instanceof HostError) || error.code !== code) throw error;
  return undefined;
};
