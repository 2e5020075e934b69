import type { Rule, TableName } from "./iptables/ruleset.js";
import type { Acting, ServiceChange } from "./service-change.js";

/**
 * A plan is a list of steps, and a step is data: it can be printed, compared, tested, run and
 * undone. steps/table.ts has a row for each kind. `why` says what is wrong now, by argument ("mtu:
 * found 1300, declared 1400", see drift.ts); a preview prints it.
 */
export type Step = IpStep | SettingStep | RulesStep;

/** What `ip` is asked to do, in the host's network namespace or in the named one. */
export type IpAction = NamespaceAction | LinkAdd | LinkSet | LinkDelete | AddressAction | RouteAction;

export type IpStep = IpAction & {
  /** What takes it back. */
  undo?: IpAction;
  why: string;
};

export interface NamespaceAction {
  do: "netns.add" | "netns.delete";
  namespace?: undefined;
  name: string;
}

/** Settings of a kind of link, in the words and values of `ip link`: `{ stp_state: "1" }`. */
export type LinkOptions = Readonly<Record<string, string>>;

/** What a link is made with. */
export interface NewLink {
  name: string;
  macAddress?: string;
  mtu?: number;
}

export interface LinkAdd extends NewLink {
  do: "link.add";
  namespace?: string;
  /** As `ip` calls it: "bridge", "veth". */
  kind: string;
  /** The link that it is on top of, for kinds that need one. */
  parent?: string;
  options?: LinkOptions;
  /** The other end of a veth pair, in the same namespace unless it says another. */
  peer?: NewLink & { namespace?: string };
}

/** What of a link can be set. */
export interface LinkSettings {
  /** Another name. */
  name?: string;
  alias?: string;
  macAddress?: string;
  mtu?: number;
  promiscuous?: boolean;
  up?: boolean;
  /** The bridge to be a port of; null: of none. */
  master?: string | null;
  /** Of its kind, or of its being a port ("bridge_slave"). */
  type?: { kind: string; options: LinkOptions };
}

export interface LinkSet {
  do: "link.set";
  namespace?: string;
  name: string;
  set: LinkSettings;
}

export interface LinkDelete {
  do: "link.delete";
  namespace?: string;
  name: string;
}

/** `replace` leaves an address that is there as it is. */
export interface AddressAction {
  do: "address.add" | "address.replace" | "address.delete";
  namespace?: string;
  dev: string;
  /** CIDR. */
  address: string;
}

/**
 * A route of the main table, as a snapshot has it; `replace` takes the place of one to the same
 * destination.
 */
export interface RouteAction {
  do: "route.add" | "route.replace" | "route.delete";
  namespace?: string;
  to: string;
  via?: string;
  dev?: string;
  protocol?: string;
  /** Default: unicast. */
  type?: string;
}

/** What is set by itself, with no other step. */
export type SettingStep = SysctlStep | ResolvConfStep;

/** One sysctl (dotted key), in the host's network namespace or in the named one. */
export interface SysctlStep {
  do: "sysctl";
  namespace?: string;
  key: string;
  value: string;
  /** The value before. */
  undo?: string;
  why: string;
}

/**
 * The text of /etc/netns/NAMESPACE/resolv.conf; null removes it and the folders that we made for
 * it.
 */
export interface ResolvConfStep {
  do: "resolvConf";
  namespace: string;
  content: string | null;
  undo?: string | null;
  why: string;
}

/** The whole content of a user chain; null removes the chain. Created when absent. */
export interface ChainStep {
  do: "chain";
  table: TableName;
  chain: string;
  rules: Rule[] | null;
  why: string;
}

/** One rule in a chain that is not ours alone: put first, put last, or taken out. */
export interface RuleStep {
  do: "rule";
  table: TableName;
  chain: string;
  rule: Rule;
  at: "first" | "last" | "gone";
  why: string;
}

/** Another mark in the comment of a rule, which stays where it is. */
export interface MarkStep {
  do: "mark";
  table: TableName;
  chain: string;
  rule: Rule;
  mark: string;
  why: string;
}

/**
 * Drops a table that holds nothing but empty built-in chains with policy ACCEPT, when it was not
 * there before us.
 */
export interface TableStep {
  do: "dropEmptyTable";
  table: TableName;
  why: string;
}

/**
 * Takes out one rule of a chain that iptables can't show, by the handle under which nft lists it.
 */
export interface ListedStep {
  do: "listedRule";
  table: TableName;
  chain: string;
  handle: number;
  why: string;
}

/**
 * A NatChain on a backend: the chain itself, or one service in it, as it must be; null takes it
 * away. All of a group become one transaction.
 */
export interface NatStep {
  do: "nat";
  /** Name of the backend. */
  backend: string;
  /** Name of the NatChain. */
  chain: string;
  change: ServiceChange;
  by?: Acting;
  why: string;
}

/** What changes rules, by whichever tool. */
export type RulesStep = FirewallStep | ListedStep | NatStep;

/** The steps that change the firewall; all of a group become one transaction. */
export type FirewallStep = ChainStep | RuleStep | MarkStep | TableStep;
