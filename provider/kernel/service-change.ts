import type { Family } from "./family.js";
import type { TableName } from "./iptables/ruleset.js";
import type { ChainSpec, EndpointSpec, ServiceSpec } from "./service-spec.js";

/** What is declared of a service itself. */
export type ServiceHead = Omit<ServiceSpec, "endpoints" | "chain" | "family">;

/** A service as a host has it: endpoints can be there before and after it, and do nothing then. */
export interface ServiceState {
  name: string;
  family: Family;
  service?: ServiceHead;
  endpoints: EndpointSpec[];
}

/** A change of one NatChain: of the chain itself, or of one service; `null` takes it away. */
export type ServiceChange = { chain: ChainSpec | null } | { service: string; state: ServiceState | null };

/** Does a change have to do with IPv6, or may it? */
export function concernsIp6(change: ServiceChange): boolean {
  if ("service" in change) return change.service.startsWith("ip6 ");
  const { rules = [], vipRanges = [] } = change.chain ?? {};
  return !change.chain || [...vipRanges, ...rules.map((each) => each.destination)].some((each) => each.includes(":"));
}

/** In whose name a change is made. */
export interface Acting {
  /** What is written on all that the change makes. */
  mark: string;
  /** What the same resource wrote under a former name. */
  formerMark?: string;
  /** Unmarked rules that do the same are taken over. */
  adopt?: boolean;
  /** What the state file says of tables and built-in chains; undefined for what is not in it. */
  memory?: Memory;
}

/** What was not there before: tables ("nat") and built-in chains ("nat OUTPUT"). */
export interface Memory {
  newTables: TableName[];
  newChains: string[];
}

/** A change of one NatChain, and in whose name. */
export interface Change {
  chain: string;
  change: ServiceChange;
  by?: Acting;
}
