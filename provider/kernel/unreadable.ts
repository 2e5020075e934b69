import { Unreadable } from "./errors.js";
import { plainName, tableFamily } from "./iptables/ruleset.js";

/** A rule as `nft -a list table` shows it. */
export interface ListedRule {
  handle: number;
  text: string;
  /** The comment that nft keeps; that of iptables' `-m comment` is not shown. */
  comment?: string;
}

/** What could not be read of a host. */
export interface Unread {
  /** How a message calls it: "table nat of IPv6", "network namespace blue". */
  what: string;
  why: string;
  /** What a user does about it. */
  cure: string;
  /**
   * Of a table whose chains were read one by one, for a removal: the chains that could not be, with
   * what nft lists in them. The others are in the snapshot.
   */
  chains?: ReadonlyMap<string, readonly ListedRule[]>;
}

/** "nat", "ip6 filter", "nft" or "namespace blue" → what of it could not be read. */
export type AllUnread = ReadonlyMap<string, Unread>;

/**
 * What a resource has to know of a host beyond its links: a table of iptables, or all that nft has.
 */
export interface Need {
  /** A table as snapshots call it, or "nft". */
  of: string;
  /** Words one of which is in each rule of it that stands among rules of others. */
  words: string[];
}

/** How `AllUnread` calls a network namespace. */
export const namespaceKey = (name: string): string => `namespace ${name}`;
export const isNamespace = (of: string): boolean => of.startsWith("namespace ");

/** "table nat of IPv4" */
export const tableWords = (table: string): string =>
  `table ${plainName(table)} of ${tableFamily(table) === "ip6" ? "IPv6" : "IPv4"}`;

/** Throws Unreadable when something that is needed could not be read. */
export function mustBeRead(needs: Need[], unread: AllUnread = new Map()): void {
  const found = needs.flatMap(({ of }) => unread.get(of) ?? [])[0];
  if (found) throw new Unreadable(`${found.what} can't be read: ${found.why}\n${found.cure}`);
}
