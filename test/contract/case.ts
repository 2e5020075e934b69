import type { TableName } from "../../provider/kernel/iptables/ruleset.js";
import type { Step } from "../../provider/kernel/plan.js";
import { type EndpointSpec, USUAL } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { markOf, parseOwner } from "../../provider/ownership/mark.js";
import type { Kind } from "../support/lifecycles.js";

/** One resource, what it stands on, what changes and what goes wrong with it. */
export interface Case {
  kind: Kind;
  /** What it is on, where there are several: " on nftables". */
  on?: string;
  /** The kind of host that `npm test` tries it on, if any; `soak` tries it on all others. */
  tried?: "machine" | "namespace";
  /** Made first, in order, and deleted last. */
  needs: [Kind, Inputs][];
  inputs: Inputs;
  /** Other values for arguments that can change in place. */
  change: Inputs;
  /** What somebody does by hand; after each, one update has to bring the wish back. */
  drifts: Record<string, Step[]>;
  /**
   * What somebody made by hand under the same name, how to remove it, and how to remove what is
   * left of it after a takeover.
   */
  foreign: { make: Step[]; unmake: Step[]; stays?: Step[] };
}

export const owner = (name: string) => ({ __owner: `contract/test/${name}` });

export const namespace: [Kind, Inputs] = ["netNamespace", { name: "ns_con", ...owner("n") }];

export const nftEndpoint: EndpointSpec = {
  name: "WEB1",
  address: "10.9.0.11",
  ...USUAL,
  mark: "",
};

/** What a resource of this name writes on what it makes. */
export const markOfOwner = (name: string): string => markOf(parseOwner(owner(name).__owner));

export const userChain = (chain: string, table: TableName = "nat"): Step[] => [
  { do: "chain", table, chain, rules: [], why: "by hand" },
];
export const noChain = (chain: string, table: TableName = "nat"): Step[] => [
  { do: "chain", table, chain, rules: null, why: "by hand" },
  { do: "dropEmptyTable", table, why: "by hand" },
];
