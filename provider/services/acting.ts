import type { TableName } from "../kernel/iptables/ruleset.js";
import type { Bearer } from "../ownership/mark.js";
import type { ServiceChange } from "./state.js";

/** In whose name a change is made. */
export interface Acting extends Bearer {
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
