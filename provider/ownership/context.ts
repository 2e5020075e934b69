import type { TableName } from "../kernel/iptables/ruleset.js";
import type { Bearer, Owner } from "./mark.js";

/** What the state file may have of every kind of resource: what was not there before it. */
export type Noted = {
  newTables?: TableName[];
  newChains?: string[];
};

/** The resources of a stack. */
export interface Resources {
  /**
   * The arguments of those of a kind that may have written a mark. What is not known yet is
   * undefined.
   */
  of(kind: string, mark: string): Record<string, unknown>[];
}

/**
 * What resources of a program have said of themselves, by name, see `Definition.declares`.
 * Undefined for what none has said.
 */
export type Declared = (what: string) => string | undefined;

/** What a plan may know besides the wish and the host. */
export interface Context<State extends Noted = Noted> extends Bearer {
  owner: Owner;
  /** Name of the host, for what has to differ between hosts. */
  host: string;
  /**
   * It is a change: this resource's mark is written on all of it. Else a mark of this stack is
   * right as it is.
   */
  writeMarks?: boolean;
  /** The resource is deleted: what another one of the stack has by now stays. */
  deleted?: boolean;
  /** Take over an object of that name that nobody owns. */
  adopt: boolean;
  /** The resources that this stack has; undefined where a run can't tell. */
  resources?: Resources;
  /** Undefined where nothing was checked. */
  declared?: Declared;
  /** The outputs in the state file, on update, drift check and delete. */
  previous?: State;
}
