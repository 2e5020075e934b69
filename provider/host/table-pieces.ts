import { HostError, unreadable } from "../kernel/errors.js";
import { parseSave } from "../kernel/iptables/iptables-save.js";
import { plainName, type Table, tableFamily } from "../kernel/iptables/ruleset.js";
import type { ListedStep } from "../kernel/plan.js";
import type { ListedRule } from "../kernel/unreadable.js";
import { type Exec, must } from "./exec.js";
import { parseListing } from "./nft-text.js";

/** A table that iptables doesn't show as a whole, chain by chain. */
export interface Pieces {
  /** The chains that iptables shows. */
  table: Table;
  /** The others, with what nft lists in them. */
  chains: Map<string, ListedRule[]>;
}

/**
 * Prints what iptables says of each chain, behind a line with its name and before one that tells
 * whether it could.
 */
const EACH_CHAIN = `tool=$1 table=$2
shift 2
for chain; do
  printf '\\036%s\\n' "$chain"
  if said=$("$tool" -t "$table" -S "$chain" 2>/dev/null); then printf '%s\\nread\\n' "$said"; else echo unread; fi
done`;

/**
 * Reads a table of iptables-nft chain by chain, by a process of iptables for each. Throws
 * HostError.
 */
export async function readPieces(exec: Exec, tool: string, table: string): Promise<Pieces> {
  const name = plainName(table);
  const chains = await listRules(exec, table);
  const said = await must(exec, ["sh", "-c", EACH_CHAIN, "sh", tool, name, ...chains.keys()]);
  const found: Table = new Map();
  const parts = said.split("\x1e").slice(1);
  if (parts.length !== chains.size)
    throw unreadable(tool, `it ends after ${parts.length} of ${chains.size} chains of table ${name}`);
  for (const part of parts) {
    const [chain = "", ...lines] = part.split("\n");
    const verdict = lines.at(-2);
    if (verdict !== "read" && verdict !== "unread")
      throw unreadable(tool, `it ends within chain ${chain} of table ${name}`);
    if (verdict === "unread") continue;
    const save = [`*${name}`, ...lines.slice(0, -2).map(asSaved), "COMMIT", ""].join("\n");
    for (const [each, content] of parseSave(save).get(name) ?? []) found.set(each, content);
    chains.delete(chain);
  }
  return { table: found, chains };
}

/**
 * The rules of a table by chain, as nft lists them; of a table that has gone since, none. Throws
 * HostError.
 */
export async function listRules(exec: Exec, table: string): Promise<Map<string, ListedRule[]>> {
  const argv = ["nft", "-a", `list table ${tableFamily(table)} ${plainName(table)}`];
  return await must(exec, argv).then(parseListing, (error: unknown) => {
    if (error instanceof HostError && error.code === "not-found") return new Map();
    throw error;
  });
}

/** Deletes rules by their handles; what is gone already is no error. Throws HostError. */
export async function deleteListed(exec: Exec, steps: ListedStep[]): Promise<void> {
  for (const { table, chain, handle } of steps)
    await must(exec, ["nft", `delete rule ${tableFamily(table)} ${plainName(table)} ${chain} handle ${handle}`]).catch(
      (error: unknown) => {
        if (!(error instanceof HostError) || error.code !== "not-found") throw error;
      },
    );
}

/**
 * `-S` says of a chain `-P FORWARD ACCEPT` or `-N MINE`, which `iptables-save` says as `:FORWARD
 * ACCEPT`, `:MINE -`.
 */
const asSaved = (line: string): string =>
  line
    .replace(/^-P (\S+) (\S+)$/, ":$1 $2")
    .replace(/^-N (\S+)$/, ":$1 -")
    .replace(/^# .*/, "");
