import type { z } from "zod";
import type { Definition } from "../definition.js";
import { shown } from "../kernel/shown.js";
import type { Noted } from "../ownership/context.js";
import { type Inputs, ownArguments, pathText } from "./inputs.js";
import { withoutNotes } from "./noted.js";
import { wrongValue } from "./wrong-value.js";

/** What the state file has of a resource. Throws where that can't be read. */
export function parseState<D, S extends Noted>(definition: Definition<D, S>, olds: Inputs): S {
  const outputs = ownArguments(withoutNotes(olds));
  const parsed = definition.state.safeParse(outputs, { error: wrongValue });
  if (parsed.success) return parsed.data;
  throw unreadableState(
    `${definition.kind} ${String(olds.name)}`,
    parsed.error.issues.flatMap((issue) => problemsOf(issue, outputs)),
  );
}

/** An error that says what of a resource's state is wrong, and what to do about it. */
export const unreadableState = (what: string, problems: string[]): Error =>
  new Error(
    `${what}: its state can't be read: ${problems.join("; ")}. If a newer version of pulumi-hostnet wrote it, run that one; else correct it with pulumi stack export and pulumi stack import`,
  );

function problemsOf(issue: z.core.$ZodIssue, outputs: Inputs): string[] {
  if (issue.code !== "unrecognized_keys") return [`${pathText(issue.path)}: ${issue.message}`];
  const within = issue.path.reduce<unknown>((value, key) => (value as Inputs)[key as string], outputs) as Inputs;
  return issue.keys.map(
    (key) => `${pathText([...issue.path, key])}: ${shown(within[key])} is of a key that this version does not know`,
  );
}
