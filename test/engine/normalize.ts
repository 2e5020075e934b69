import type { ResourceState, Snapshot } from "../../engine/types.js";
import { type Call, PROGRAM } from "./harness.js";

/** What one action has done, freed of what differs from run to run. */
export interface Outcome {
  succeeded: boolean;
  calls: Omit<Call, "pid">[];
  changes: Record<string, number>;
  resources: unknown;
  pending: unknown;
  /** URNs of the resources that have another time of change than before. */
  modified: string[];
  /** Texts of errors, on one line each. */
  errors: string[];
}

/** Where a resource was declared isn't kept in full, and times are compared by themselves. */
const DROPPED = ["created", "modified", "sourcePosition", "stackTrace"];

/** Brings what an engine has done into the form in which two are compared. */
export function outcome(
  run: { succeeded: boolean; calls: Call[]; changes: Record<string, number>; errors: string[] },
  before: Snapshot | undefined,
  after: Snapshot | undefined,
): Outcome {
  const resources = after?.resources ?? [];
  const times = new Map((before?.resources ?? []).map(({ urn, modified }) => [urn, modified]));
  const text = JSON.stringify([resources, after?.pending_operations ?? []]);
  const ids = resources.filter(({ type }) => type.startsWith("pulumi:providers:")).map(({ id }) => id!);
  const [normal, pending] = JSON.parse(
    ids.reduce((done, id) => done.replaceAll(id, "PROVIDER"), text),
    (key, value) => (DROPPED.includes(key) ? undefined : isUrns(value) ? [...value].sort() : value),
  ) as [unknown, unknown];
  return {
    succeeded: run.succeeded,
    calls: run.calls.map(({ pid: _, ...call }) => call),
    changes: run.changes,
    resources: normal,
    pending,
    modified: resources.filter(({ urn, modified }: ResourceState) => times.get(urn) !== modified).map(({ urn }) => urn),
    errors: run.errors.filter((error) => !/^(update|preview) failed$/.test(error)).map(oneLine),
  };
}

const isUrns = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => typeof item === "string" && item.startsWith("urn:"));

/** A message without colours, line ends, a stack trace and where this clone is. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/\p{Cc}\[\d*m/gu, "").split(/\n\s+at /)[0]!;
  return plain.replaceAll(PROGRAM, "PROGRAM").replaceAll(/\s+/g, " ").trim();
}
