import { HostError } from "../kernel/errors.js";
import type { Family } from "../kernel/family.js";
import { onlyRealChains, readSave, type Saved } from "../kernel/iptables/iptables-save.js";
import type { OtherVariant } from "../kernel/iptables/other-variant.js";
import { type Firewall, plainName, tableOf } from "../kernel/iptables/ruleset.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { type AllUnread, tableWords, type Unread } from "../kernel/unreadable.js";
import type { ServiceBackend } from "../services/backend.js";
import { failsToShow, warnsOfLegacy } from "./classify.js";
import { type Exec, type Finished, succeeded } from "./exec.js";
import { askVariant, type Variant } from "./iptables-variant.js";
import { namingLack } from "./kernel-lacks.js";
import { readServices } from "./nft-services.js";
import { isListed, type Listed, type NoNft, RealChains } from "./nft-tables.js";
import { type Beside, readLegacy, readNftBeside } from "./other-variant.js";
import { readPieces } from "./table-pieces.js";

/**
 * The rules of a host, those that iptables does not show because they are in its other variant, and
 * what can't be read.
 */
interface Rules {
  firewall: Firewall;
  otherVariants: OtherVariant[];
  unread: AllUnread;
}

/** How to read. */
export interface Reading {
  /** Rules of IPv6 are wanted, be there some yet or not. */
  ip6?: boolean;
  /** Tables that iptables can't show as a whole are read chain by chain, for a removal. */
  pieces?: boolean;
}

const IPTABLES: Record<Family, "iptables" | "ip6tables"> = { ip: "iptables", ip6: "ip6tables" };
const TOOL: Record<Family, string> = { ip: "iptables-save", ip6: "ip6tables-save" };
const NONE: Rules = { firewall: new Map(), otherVariants: [], unread: new Map() };

/** The tables that we use. */
const tablesOf = (family: Family) => (["filter", "nat"] as const).map((name) => tableOf(family, name));

/** The tables that iptables can make. */
const BUILT_IN = ["filter", "nat", "mangle", "raw", "security"];

/** Does nft list tables of the family that iptables can make? */
const hasTables = (listed: Listed | undefined, family: Family) =>
  BUILT_IN.some((table) => listed?.chains.has(tableOf(family, table)));

/**
 * Reads the rules, and what `backends` have in tables of nft. Most hosts have no rules of IPv6, and
 * to read none costs a process. So once ip6tables-save has had nothing to say, it is asked again
 * only when rules of IPv6 are wanted, when this run has made some, or when nft, which is asked
 * anyway, lists such tables. Throws HostError.
 */
export async function readFirewall(
  exec: Exec,
  chains = new RealChains(),
  how: Reading = {},
  backends: readonly ServiceBackend[] = [],
): Promise<Rules & Firewalls> {
  const listing = chains.list(exec);
  const later = async () => (hasTables(listedOf(await listing), "ip6") ? await read6(exec, chains, how) : NONE);
  const [a, b, services, listed] = await Promise.all([
    readFamily(exec, "ip", chains, how).catch((error: unknown) => {
      throw namingLack(error);
    }),
    how.ip6 || !chains.silent6 ? read6(exec, chains, how) : later(),
    listing.then((listed) => readServices(exec, backends, listedOf(listed)?.tables ?? [])),
    listing,
  ]);
  return {
    firewall: new Map([...a.firewall, ...b.firewall]),
    otherVariants: [...a.otherVariants, ...b.otherVariants],
    services,
    unread: new Map([...a.unread, ...b.unread, ...withoutNft(listed)]),
  };
}

const listedOf = (listed: Listed | NoNft): Listed | undefined => (isListed(listed) ? listed : undefined);

function withoutNft(listed: Listed | NoNft): [string, Unread][] {
  if (isListed(listed)) return [];
  const cure = "Install nftables (on Debian: apt-get install nftables), and run again.";
  return [["nft", { what: "What is on nftables", why: `nft: ${listed.why}`, cure }]];
}

/** A host that can't do IPv6 has no rules of it. Who wants some is told why. */
async function read6(exec: Exec, chains: RealChains, how: Reading): Promise<Rules> {
  const rules = await readFamily(exec, "ip6", chains, how).catch(async (error: unknown): Promise<Rules> => {
    if (!(error instanceof HostError)) throw error;
    const listed = await chains.list(exec);
    const cannot = error.code === "unsupported" || (error.code === "missing" && isListed(listed));
    if (cannot && !how.ip6 && !hasTables(listedOf(listed), "ip6")) return NONE;
    const unread = (table: string): Unread => ({
      what: tableWords(table),
      why: error.message.split("\n")[0]!,
      cure: `See that ${TOOL.ip6} works, and run again.`,
    });
    return { ...NONE, unread: new Map(tablesOf("ip6").map((table) => [table, unread(table)])) };
  });
  const { firewall, otherVariants, unread } = rules;
  const isSilent = firewall.size === 0 && otherVariants.length === 0 && unread.size === 0;
  chains.silent6 = isSilent && isListed(await chains.list(exec));
  return rules;
}

/** What was found out about a family's tables. */
interface Look {
  saved: Saved;
  finished: Finished;
  listed: Listed | undefined;
  /** Which of its two variants `iptables` is; undefined without any table. */
  variant: Variant | undefined;
}

async function readFamily(exec: Exec, family: Family, chains: RealChains, how: Reading): Promise<Rules> {
  let look = await lookAt(exec, family, chains);
  // Somebody may have made or removed a table between the two answers, or since nft was asked.
  if (leftOut(look, family).length > 0) {
    chains.relist();
    look = await lookAt(exec, family, chains);
  }
  const { saved, listed, variant } = look;
  // What nft lists is of nft's tables; those of iptables-legacy have all their built-in chains.
  const own = variant === "nft" ? listed?.chains : undefined;
  const real = (table: string, chain: string) => own?.get(table)?.has(chain) ?? true;
  const firewall = own ? onlyRealChains(saved.firewall, real) : saved.firewall;
  const unread = new Map(unreadIn(look, family));
  for (const table of unread.keys()) firewall.delete(table);
  if (how.pieces && listed) await addPieces(exec, IPTABLES[family], firewall, unread);
  const beside = await readBeside(exec, family, look);
  return {
    firewall,
    otherVariants: beside.other ? [beside.other] : [],
    unread: new Map([...beside.unread, ...unread]),
  };
}

/** Adds the chains that iptables shows of tables that it doesn't show as a whole. */
async function addPieces(exec: Exec, tool: string, firewall: Firewall, unread: Map<string, Unread>): Promise<void> {
  for (const [table, found] of unread) {
    const pieces = await readPieces(exec, tool, table);
    firewall.set(table, pieces.table);
    unread.set(table, { ...found, chains: pieces.chains });
  }
}

/** What is in the other variant, where it has tables. */
async function readBeside(exec: Exec, family: Family, { variant, listed, finished }: Look): Promise<Beside> {
  if (variant === "nft" && warnsOfLegacy(finished.stderr)) return await readLegacy(exec, family);
  if (variant !== "legacy" || !hasTables(listed, family)) return { unread: new Map() };
  const tables = tablesOf(family).filter((table) => listed?.chains.has(table));
  return { other: await readNftBeside(exec, family, tables), unread: new Map() };
}

async function lookAt(exec: Exec, family: Family, chains: RealChains): Promise<Look> {
  const tool = TOOL[family];
  const [finished, list] = await Promise.all([exec([tool]), chains.list(exec)]);
  const listed = listedOf(list);
  const saved = failsToShow(finished.stderr)
    ? await eachTable(exec, family, listed)
    : readSave(succeeded([tool], finished).stdout, family);
  return { saved, finished, listed, variant: await variantOf(exec, { saved, finished, listed }, family) };
}

/**
 * iptables-nft from 1.8.10 on says nothing more after a rule that it can't show; so each table by
 * itself.
 */
async function eachTable(exec: Exec, family: Family, listed: Listed | undefined): Promise<Saved> {
  const all: Saved = { firewall: new Map(), refused: new Map(), partial: new Set() };
  for (const table of tablesOf(family).filter((each) => listed?.chains.has(each) ?? true)) {
    const argv = [TOOL[family], "-t", plainName(table)];
    const finished = await exec(argv);
    if (failsToShow(finished.stderr)) all.refused.set(table, finished.stderr.trim());
    else
      for (const [name, rules] of readSave(succeeded(argv, finished).stdout, family).firewall)
        all.firewall.set(name, rules);
  }
  return all;
}

/**
 * It says so above each table; where it prints none, nft's tables may be not its own, and it has to
 * be asked.
 */
async function variantOf(
  exec: Exec,
  { saved, finished: { stdout, stderr }, listed }: Omit<Look, "variant">,
  family: Family,
): Promise<Look["variant"]> {
  if (warnsOfLegacy(stderr) || saved.refused.size > 0 || saved.partial.size > 0) return "nft";
  const header = /^# Generated by .*$/m.exec(stdout)?.[0];
  if (header === undefined && !hasTables(listed, family)) return undefined;
  if (header === undefined) return await askVariant(exec, IPTABLES[family]);
  return header.includes("(nf_tables)") ? "nft" : "legacy";
}

/**
 * Tables that nft lists and iptables-nft says nothing of: up to 1.8.3 that was how it said that it
 * can't show one.
 */
const leftOut = ({ saved, listed, variant }: Look, family: Family) =>
  variant !== "nft"
    ? []
    : tablesOf(family).filter(
        (table) => listed?.chains.has(table) && !saved.firewall.has(table) && !saved.refused.has(table),
      );

function unreadIn(look: Look, family: Family): [string, Unread][] {
  const { saved, listed } = look;
  const tool = TOOL[family];
  const missing = leftOut(look, family);
  return tablesOf(family).flatMap((table): [string, Unread][] => {
    const strange = look.variant === "nft" ? listed?.strange.get(table) : undefined;
    const said = saved.refused.get(table);
    const why =
      said !== undefined
        ? `${tool} says: ${said}`
        : strange !== undefined
          ? `its chain ${strange} is not the one that iptables makes (another hook, type or priority)`
          : missing.includes(table)
            ? `nft lists it, and ${tool} says nothing of it`
            : undefined;
    return why === undefined ? [] : [[table, { what: tableWords(table), why, cure: cureOf(table) }]];
  });
}

const cureOf = (table: string) =>
  `A rule or a chain in it was not made by iptables. \`nft -a list table ${table.startsWith("ip6 ") ? table : `ip ${table}`}\` shows it: delete it, or move it into a table of its own, and run again.${
    plainName(table) === "nat" ? ' Services need none of these tables with backend: "nftables".' : ""
  }`;
