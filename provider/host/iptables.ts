import { HostError } from "../kernel/errors.js";
import { FAMILIES, type Family } from "../kernel/family.js";
import { type Firewall, isBuiltIn, plainName, tableFamily } from "../kernel/iptables/ruleset.js";
import { type Exec, must } from "./exec.js";
import { askVariant, type Variant } from "./iptables-variant.js";
import { namingLack } from "./kernel-lacks.js";
import { listIfThere, type NftObject } from "./nft-json.js";
import { RealChains } from "./nft-tables.js";
import { readFirewall } from "./read-firewall.js";
import { droppedTables, restoreScript } from "./restore-script.js";
import { print, type Say } from "./say.js";
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
export async function commitFirewall(exec: Exec, before: Firewall, after: Firewall, say: Say = print): Promise<void> {
  await lead(exec, before, after, say).catch(async (error: unknown) => {
    await takeBack(exec, before, after, say);
    throw error;
  });
}

/**
 * The rules of a table note that it is ours, so whoever is killed between its rules and the table
 * leaves one that nobody knows. So a table that holds nothing else goes with its rules. Another one
 * is emptied, and deleted if it is empty then.
 */
async function lead(exec: Exec, before: Firewall, after: Firewall, say: Say): Promise<void> {
  const gone = droppedTables(before, after);
  const variants = await variantsOf(exec, gone);
  const isOf = (variant: Variant) => (table: string) => variants.get(tableFamily(table)) === variant;
  const whole = await asKnown(exec, gone.filter(isOf("nft")), before);
  const rest = new Map([...before].filter(([table]) => !whole.includes(table)));
  await restoreAll(exec, rest, after);
  await deleteTables(exec, whole);
  const emptied = droppedTables(rest, after);
  for (const table of emptied.filter(isOf("legacy"))) say(loaded(table));
  await dropIdle(exec, emptied.filter(isOf("nft")), say);
}

/** Of which variant the tools of these tables are; undefined while that is only rehearsed. */
async function variantsOf(exec: Exec, tables: string[]): Promise<Map<Family, Variant | undefined>> {
  const variants = new Map<Family, Variant | undefined>();
  for (const family of new Set(tables.map(tableFamily))) variants.set(family, await askVariant(exec, TOOL[family]));
  return variants;
}

/** Those of these tables in which there is just what we know of. */
async function asKnown(exec: Exec, tables: string[], known: Firewall): Promise<string[]> {
  const alone = await Promise.all(tables.map((table) => holdsOnly(exec, table, "rules")));
  const going = tables.filter((_, at) => alone[at]);
  if (going.length === 0) return [];
  // What others have put into it since we looked must not go with it.
  const chains = new RealChains();
  chains.silent6 = !tables.some((table) => tableFamily(table) === "ip6");
  const { firewall: now, unread } = await readFirewall(exec, chains);
  return going.filter((table) => now.has(table) && !unread.has(table) && !differ(table, now, known));
}

const nftName = (table: string) => `${tableFamily(table)} ${plainName(table)}`;

/** Each by itself: one that has gone meanwhile must not keep the others. */
async function deleteTables(exec: Exec, tables: string[]): Promise<void> {
  for (const table of tables) await must(exec, ["nft", `delete table ${nftName(table)}`]).catch(unless("not-found"));
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
async function takeBack(exec: Exec, before: Firewall, after: Firewall, say: Say): Promise<void> {
  const tables = [...new Set([...before.keys(), ...after.keys()])].filter((table) => differ(table, before, after));
  if (tables.length < 2) return;
  const { firewall: now } = await readFirewall(exec, new RealChains(), { pieces: true });
  const changed = tables.filter((table) => !differ(table, now, after));
  if (changed.length === 0) return;
  const half = new Map([...before, ...changed.map((table) => [table, after.get(table) ?? new Map()] as const)]);
  await lead(exec, half, before, say);
}

const differ = (table: string, a: Firewall, b: Firewall) =>
  restoreScript(only(table, a), only(table, b), tableFamily(table)) !== "";

const only = (table: string, firewall: Firewall): Firewall => new Map([...firewall].filter(([name]) => name === table));

/**
 * iptables can't remove a table that iptables-nft made, and nft removes one with all that is in it.
 * iptables doesn't show all (sets, say), and other rules may have come in meanwhile. So nft looks
 * at it afresh, and it stays unless it is empty. With iptables-legacy nft's tables are not ours.
 */
async function dropIdle(exec: Exec, tables: string[], say: Say): Promise<void> {
  const idle = await Promise.all(tables.map((table) => isIdle(exec, table, say)));
  await deleteTables(
    exec,
    tables.filter((_, at) => idle[at]),
  );
}

/** iptables-legacy takes no table away. */
function loaded(table: string): string {
  const family = tableFamily(table);
  const module = `${family}table_${plainName(table)}`;
  const cure = `where ${module} is a module, \`modprobe -r ${module}\` takes it away`;
  return `table ${table} stays, though nothing is in it: ${TOOL[family]} is iptables-legacy; ${cure}`;
}

/**
 * Is there nothing in it but built-in chains that let all pass? Without nft nobody can tell, nor
 * take it away, and that is said.
 */
async function isIdle(exec: Exec, table: string, say: Say): Promise<boolean> {
  const idle = await holdsOnly(exec, table, "nothing");
  if (idle === undefined)
    say(`table ${nftName(table)} stays, though nothing is in it: only nft takes a table away, and it is not there`);
  return idle ?? false;
}

/**
 * Is there nothing in a table but built-in chains that let all pass, or nothing but them, rules and
 * their chains? Undefined without nft.
 */
async function holdsOnly(exec: Exec, name: string, what: "nothing" | "rules"): Promise<boolean | undefined> {
  const objects = await listIfThere(exec, `list table ${nftName(name)}`).catch(unless("missing"));
  const isShown = ({ metainfo, table, chain, ...others }: NftObject) =>
    metainfo ||
    table ||
    (chain && (isBuiltIn(chain.name) ? chain.policy === "accept" : what === "rules" && !chain.hook)) ||
    (what === "rules" && "rule" in others);
  return objects && objects.length > 0 && objects.every(isShown);
}

const unless = (code: HostError["code"]) => (error: unknown) => {
  if (!(error instanceof HostError) || error.code !== code) throw error;
  return undefined;
};
