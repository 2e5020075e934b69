import { HostError, unreadable } from "../kernel/errors.js";
import type { Family } from "../kernel/family.js";
import { parseSave, readSave } from "../kernel/iptables/iptables-save.js";
import type { OtherVariant } from "../kernel/iptables/other-variant.js";
import { commentMatch } from "../kernel/iptables/rule-comment.js";
import { type Firewall, plainName, type Rule, type Table, tableOf } from "../kernel/iptables/ruleset.js";
import { type ListedRule, tableWords, type Unread } from "../kernel/unreadable.js";
import { failsToShow } from "./classify.js";
import { type Exec, succeeded } from "./exec.js";
import { listRules, type Pieces, readPieces } from "./table-pieces.js";

/** The two variants of a family's iptables. */
export const toolsOf = (family: Family) =>
  family === "ip6"
    ? ({ nft: "ip6tables-nft", legacy: "ip6tables-legacy" } as const)
    : ({ nft: "iptables-nft", legacy: "iptables-legacy" } as const);

/** What is in the variant that `iptables` is not. */
export interface Beside {
  other?: OtherVariant;
  /** Its tables that can't be read. */
  unread: ReadonlyMap<string, Unread>;
}

/** The rules of iptables-legacy, beside iptables-nft, which has warned that there are some. */
export async function readLegacy(exec: Exec, family: Family): Promise<Beside> {
  const { nft: used, legacy: other } = toolsOf(family);
  const argv = [`${other}-save`];
  try {
    const firewall = parseSave(succeeded(argv, await exec(argv)).stdout, family, `${other}-save`);
    if (firewall.size === 0) throw unreadable(argv[0]!, `it says nothing, and ${used} that there are tables of it`);
    return { other: { used, other, firewall }, unread: new Map() };
  } catch (error) {
    return { unread: await hiddenTables(exec, family, (error as Error).message.split("\n")[0]!) };
  }
}

/**
 * Those of iptables-legacy that we would have to look into: the kernel tells names without any
 * tool, if it tells us.
 */
async function hiddenTables(exec: Exec, family: Family, why: string): Promise<Map<string, Unread>> {
  const { stdout, exitCode } = await exec(["cat", `/proc/net/${family}_tables_names`]);
  const { nft, legacy } = toolsOf(family);
  const names = (["filter", "nat"] as const).filter((name) => exitCode !== 0 || stdout.split("\n").includes(name));
  const unread = (table: string): Unread => ({
    what: `${tableWords(table)} in ${legacy}`,
    why: `${nft}-save says that ${legacy} has tables too, and packets go through both; ${why}`,
    cure: `Install ${legacy}-save, or take these tables away (modprobe -r ${family}table_${plainName(table)}), and run again.`,
  });
  return new Map(names.map((name) => tableOf(family, name)).map((table) => [table, unread(table)]));
}

/**
 * The rules of iptables-nft, beside iptables-legacy, in these tables of nft. Where iptables-nft
 * can't show one, or isn't there, nft tells what leads to our chains and what bears our marks.
 */
export async function readNftBeside(exec: Exec, family: Family, tables: string[]): Promise<OtherVariant> {
  const { nft: other, legacy: used } = toolsOf(family);
  const shown = await showNft(exec, `${other}-save`, family);
  const firewall: Firewall = new Map(shown);
  for (const table of tables.filter((each) => !firewall.has(each))) {
    const pieces: Pieces = shown
      ? await readPieces(exec, other, table)
      : { table: new Map(), chains: await listRules(exec, table) };
    firewall.set(table, whole(pieces));
  }
  return { used, other, firewall };
}

/** What it shows; undefined where there is no such tool. */
async function showNft(exec: Exec, tool: string, family: Family): Promise<Firewall | undefined> {
  try {
    return readSave(succeeded([tool], await exec([tool])).stdout, family, tool).firewall;
  } catch (error) {
    if (error instanceof HostError && error.code === "missing") return undefined;
    if (error instanceof HostError && failsToShow(error.stderr)) return new Map();
    throw error;
  }
}

const whole = ({ table, chains }: Pieces): Table =>
  new Map([...table, ...[...chains].map(([name, rules]) => [name, { rules: rules.map(asRule) }] as const)]);

/**
 * Of a rule that iptables can't show, what tells whose it is: its comment, and the chain that it
 * leads to.
 */
function asRule({ text, comment }: ListedRule): Rule {
  const [, verb, chain] = / (jump|goto) ([^\s"]+)(?: comment ".*)?$/.exec(` ${text}`) ?? [];
  const target = chain === undefined ? [] : [verb === "goto" ? "-g" : "-j", chain];
  return { spec: [...(comment === undefined ? [] : commentMatch(comment)), ...target] };
}
