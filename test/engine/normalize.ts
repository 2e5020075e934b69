import type { EngineEvent, ResourceState, Snapshot, StepMetadata } from "../../engine/model/types.js";
import type { Call } from "./fixture.js";
import { PROGRAM } from "./surroundings.js";

/** What one action has done, freed of what differs from run to run. */
export interface Outcome {
  succeeded: boolean;
  calls: Omit<Call, "pid">[];
  changes: Record<string, number>;
  /** What was shown, in order: `op name` with what differs, `done op name` and `failed op name`. */
  steps: string[];
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
  run: { succeeded: boolean; calls: Call[]; events: EngineEvent[] },
  before: Snapshot | undefined,
  after: Snapshot | undefined,
): Outcome {
  const resources = after?.resources ?? [];
  const times = new Map((before?.resources ?? []).map(({ urn, modified }) => [urn, modified]));
  const text = JSON.stringify([resources, after?.pending_operations ?? []]);
  const ids = resources.filter(({ type }) => type.startsWith("pulumi:providers:")).map(({ id }) => id!);
  const [states, pending] = JSON.parse(
    ids.reduce((done, id) => done.replaceAll(id, "PROVIDER"), text),
    (key, value) => normal(key, value),
  ) as [unknown, unknown];
  return {
    succeeded: run.succeeded,
    calls: run.calls.map(({ pid: _, ...call }) => call),
    changes: changesOf(run.events),
    steps: run.events.flatMap(stepOf),
    resources: states,
    pending,
    modified: resources.filter(({ urn, modified }: ResourceState) => times.get(urn) !== modified).map(({ urn }) => urn),
    errors: errorsOf(run.events)
      .map(oneLine)
      .filter((error) => !/^(update|preview) failed$/.test(error)),
  };
}

/** What the summary counts. */
const changesOf = (events: EngineEvent[]): Record<string, number> =>
  events.flatMap((event) => ("summaryEvent" in event ? [event.summaryEvent.resourceChanges ?? {}] : []))[0] ?? {};

const errorsOf = (events: EngineEvent[]): string[] =>
  events.flatMap((event) =>
    "diagnosticEvent" in event && event.diagnosticEvent.severity === "error" ? [event.diagnosticEvent.message] : [],
  );

function stepOf(event: EngineEvent): string[] {
  const say = (word: string, { op, urn, keys, diffs, detailedDiff }: StepMetadata): string[] => {
    // What the CLI's log of events has and no display shows.
    if (urn.includes("::pulumi:providers:") || /^remove-pending-replace$/.test(op)) return [];
    const name = urn.split("::").pop()!;
    const details = word === "" && { keys, diffs, detailedDiff: detailedDiff && sorted(detailedDiff) };
    const text = details ? JSON.stringify(details, (_, value) => (isNothing(value) ? undefined : value)) : "{}";
    return [`${word}${op} ${name}${text === "{}" ? "" : ` ${text}`}`];
  };
  if ("resourcePreEvent" in event) return say("", event.resourcePreEvent.metadata);
  if ("resOutputsEvent" in event) return say("done ", event.resOutputsEvent.metadata);
  if ("resOpFailedEvent" in event) return say("failed ", event.resOpFailedEvent.metadata);
  return [];
}

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** Go has no order of keys, and lists of keys that are replaced come in any. */
const sorted = <T>(map: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

function normal(key: string, value: unknown): unknown {
  if (DROPPED.includes(key)) return undefined;
  // Within a secret Go has sorted the keys.
  if (key === "plaintext" && typeof value === "string")
    return JSON.stringify(JSON.parse(value, (_, inner) => order(inner)));
  return isUrns(value) ? [...value].sort() : value;
}

const order = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? sorted(value as Record<string, unknown>)
    : value;

const isUrns = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => typeof item === "string" && item.startsWith("urn:"));

/** A message without colours, line ends, a stack trace and where this clone is. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/\p{Cc}\[\d*m/gu, "").split(/\n\s+at /)[0]!;
  return plain.replaceAll(PROGRAM, "PROGRAM").replaceAll(/\s+/g, " ").trim();
}
