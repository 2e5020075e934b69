import { HostError } from "../kernel/errors.js";
import type { Family } from "../kernel/family.js";
import { type Firewall, isBuiltIn, isOwnHook, tableFamily, tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import { concernsIp6 } from "../kernel/service-change.js";
import { isFirewall, isNat } from "../kernel/steps/table.js";
import type { Exec } from "./exec.js";
import { listNft } from "./nft-json.js";

/** What nft lists of tables. */
export interface Listed {
  /** Table → chains, of families ip and ip6; tables without any chain too. */
  chains: Map<string, Set<string>>;
  /** All tables, as nft names them ("ip6 hostnet-DUSTIN-SERVICES"). */
  tables: string[];
  /**
   * Table → a chain of a built-in name that isn't the one that iptables makes: iptables shows an
   * empty one instead.
   */
  strange: Map<string, string>;
}

/** Why nft can't be asked. */
export interface NoNft {
  why: string;
}

export const isListed = (listed: Listed | NoNft): listed is Listed => "tables" in listed;

/**
 * Which tables and built-in chains of a host are there: iptables-nft prints all chains of a table,
 * there or not, and leaves out a table that it can't show; nft tells. It is asked once, and again
 * after a change that may bring one into being or take one away.
 */
export class RealChains {
  private listed?: Promise<Listed | NoNft>;
  /** When ip6tables-save was asked last, it had nothing to say. */
  silent6 = false;

  /** Throws HostError where nft is there and fails. */
  list(exec: Exec): Promise<Listed | NoNft> {
    this.listed ??= listChains(exec).catch((error: unknown) => {
      this.listed = undefined;
      throw error;
    });
    return this.listed;
  }

  /** Ask again: others have made or removed tables. */
  relist(): void {
    this.listed = undefined;
  }

  /**
   * Ask again, when `steps` have changed built-in chains of a firewall that was like this; without
   * any, in any case.
   */
  forget(steps?: Step[], before?: Firewall): void {
    const matters = (step: Step) =>
      (isFirewall(step) && step.do !== "dropEmptyTable" && (isBuiltIn(step.chain) || !before?.has(step.table))) ||
      isNat(step);
    if (!steps || steps.some(matters)) this.listed = undefined;
    const is6 = (step: Step) =>
      isNat(step) ? concernsIp6(step.change) : isFirewall(step) && tableFamily(step.table) === "ip6";
    if (!steps || steps.some(is6)) this.silent6 = false;
  }
}

async function listChains(exec: Exec): Promise<Listed | NoNft> {
  const objects = await listNft(exec, "list tables", "list chains").catch(withoutNft);
  if ("why" in objects) return objects;
  const listed: Listed = { chains: new Map(), tables: [], strange: new Map() };
  const known = (family: string): family is Family => family === "ip" || family === "ip6";
  for (const { table, chain } of objects) {
    if (table) listed.tables.push(`${table.family} ${table.name}`);
    if (table && known(table.family)) listed.chains.set(tableOf(table.family, table.name), new Set());
    if (!chain || !known(chain.family)) continue;
    const name = tableOf(chain.family, chain.table);
    listed.chains.get(name)?.add(chain.name);
    if (!isOwnHook(chain.table, chain)) listed.strange.set(name, chain.name);
  }
  return listed;
}

/**
 * iptables works without nft, and without a kernel for it. That nft fails otherwise is an error.
 */
function withoutNft(error: unknown): NoNft {
  if (error instanceof HostError && (error.code === "missing" || error.code === "unsupported"))
    return { why: error.stderr.trim() };
  throw error;
}
