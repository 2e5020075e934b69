import type { Operation, StepOp } from "../model/types.js";
import { onOneLine } from "./printable.js";

interface Words {
  /** Two signs before the resource. */
  sign: string;
  /** What a preview calls it. */
  planned: string;
  /** What an update calls it while it goes on. */
  going: string;
  done: string;
  /** What the summary calls it. */
  past: string;
}

const word = (sign: string, planned: string, going: string, done: string, past = done): Words => ({
  sign,
  planned,
  going,
  done,
  past,
});

/** The CLI's words for each operation on a resource. */
export const WORDS: Record<StepOp, Words> = {
  same: word("  ", "", "", "", "unchanged"),
  create: word("+ ", "create", "creating", "created"),
  update: word("~ ", "update", "updating", "updated"),
  delete: word("- ", "delete", "deleting", "deleted"),
  replace: word("+-", "replace", "replacing", "replaced"),
  "create-replacement": word("++", "create replacement", "creating replacement", "created replacement"),
  "delete-replaced": word("--", "delete original", "deleting original", "deleted original"),
  read: word("> ", "read", "reading", "read"),
  refresh: word("~ ", "refreshing", "refreshing", "", "refreshed"),
  discard: word("< ", "discard", "discarding", "discarded"),
  import: word("= ", "import", "importing", "imported"),
};

/** The order in which a summary counts the operations. */
export const SUMMARY_ORDER: StepOp[] = ["create", "update", "delete", "replace", "import", "discard", "refresh"];

const TITLES: Record<Operation, { planned: string; going: string; noun: string }> = {
  preview: { planned: "update", going: "Updating", noun: "update" },
  up: { planned: "update", going: "Updating", noun: "update" },
  refresh: { planned: "refresh", going: "Refreshing", noun: "refresh" },
  destroy: { planned: "destroy", going: "Destroying", noun: "destroy" },
};

/** What the operation is called in sentences. */
export const nounOf = (operation: Operation) => TITLES[operation].noun;

/** The headline of an operation. */
export function headline(operation: Operation, dryRun: boolean, stack: string): string {
  const { planned, going } = TITLES[operation];
  return `${dryRun ? `Previewing ${planned}` : going} (${stack}):`;
}

/** `name` of a URN, as it is. */
export const rawNameOf = (urn: string) => urn.split("::").slice(3).join("::");

/** `name` of a URN, for people. */
export const nameOf = (urn: string) => onOneLine(rawNameOf(urn));

/** The type of a URN without its parents' types, for people. */
export const typeOf = (urn: string) => onOneLine(urn.split("::")[2]?.split("$").at(-1) ?? "");

/** Whether the URN is the stack's own. */
export const isStack = (urn: string) => urn.split("::")[2] === "pulumi:pulumi:Stack";
