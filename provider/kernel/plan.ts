import type { NatChange } from "../services/nftables/nat-table.js";
import type { Rule, TableName } from "./iptables/ruleset.js";

/**
 * A plan is a list of steps, and a step is data: it can be printed, compared, tested, run and undone. `why` says what is
 * wrong now, by argument ("mtu: found 1300, declared 1400", see model/drift.ts); a preview prints it.
 */
export type Step =
  | IpStep
  | SysctlStep
  | ResolvConfStep
  | ChainStep
  | RuleStep
  | MarkStep
  | TableStep
  | ListedStep
  | NatStep;

/** One line for `ip -batch`, in the host's network namespace or in the named one. */
export interface IpStep {
  do: "ip";
  namespace?: string;
  args: string[];
  /** The line that takes it back, in the same namespace. */
  undo?: string[];
  why: string;
}

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

/** The text of /etc/netns/NAMESPACE/resolv.conf; null removes it and the folders that we made for it. */
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

/** Drops a table that holds nothing but empty built-in chains with policy ACCEPT, when it was not there before us. */
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

/** A NatChain on nftables: the chain itself, or one service in it, as it must be; null takes it away. All of a group become one transaction. */
export interface NatStep {
  do: "nat";
  /** Name of the NatChain. */
  chain: string;
  change: NatChange;
  why: string;
}

/** The steps that change the firewall; all of a group become one transaction. */
export type FirewallStep = ChainStep | RuleStep | MarkStep | TableStep;

export function isFirewall(step: Step): step is FirewallStep {
  return step.do === "chain" || step.do === "rule" || step.do === "mark" || step.do === "dropEmptyTable";
}

export const isListedRule = (step: Step): step is ListedStep => step.do === "listedRule";

export const isNat = (step: Step): step is NatStep => step.do === "nat";

/** Does it change rules, by whichever tool? */
export const isRule = (step: Step): step is FirewallStep | ListedStep | NatStep =>
  isFirewall(step) || isListedRule(step) || isNat(step);
