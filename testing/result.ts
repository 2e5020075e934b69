import {
  type EngineEvent,
  isSecret,
  isStack,
  type PropertyMap,
  type PropertyValue,
  type ResourceState,
  reveal,
  type Snapshot,
  type StepMetadata,
  type StepOp,
  UNKNOWN,
  urnName,
  urnType,
} from "../engine/index.js";
import type { Host } from "./host.js";
import type { Kernel } from "./kernel.js";
import type { Prepared } from "./program.js";

/** What an operation did to a resource, or what it would do where it is a preview. */
export interface Step {
  /** What was done; of a refresh what was found. */
  op: StepOp;
  /** Type of the resource, `"pulumi-nodejs:hostnet:Bridge"`. */
  type: string;
  /** Name of the resource in the program. */
  name: string;
  /** URN of the resource. */
  urn: string;
  /** Properties that give cause to it, as far as the provider says. */
  diffs: string[];
}

/** A resource as it stands in the state. Its secrets are plain. */
export interface Resource {
  /** Its type, `"pulumi-nodejs:hostnet:Bridge"`. */
  type: string;
  /** Its name in the program. */
  name: string;
  /** Its URN. */
  urn: string;
  /** Its id. Absent: it is a component. */
  id?: string;
  /** Its arguments. */
  inputs: Record<string, unknown>;
  /** Its outputs. */
  outputs: Record<string, unknown>;
}

/** A stack and its host, on which one operation follows the other. */
export interface Stack {
  prepared: Prepared;
  host: Host;
  snapshot: Snapshot | undefined;
}

/** What came of an operation. `await using` closes its host at the end of the block. */
export class Result implements AsyncDisposable {
  /** Outputs of the stack. Secrets are plain; what a preview cannot know is undefined. */
  readonly outputs: Record<string, unknown>;
  /** What was done, in its order. A resource that stays as it is has no step. */
  readonly steps: Step[];
  /** Number of resources by what was done to them. The stack itself is one of them. */
  readonly changes: Partial<Record<StepOp, number>>;
  /** What the program and its resources said: lines, warnings, and drift that was found. */
  readonly messages: string[];
  /** Resources of the stack after the operation. */
  readonly resources: Resource[];
  /** Host of the stack, for a look and for traffic. */
  readonly host: Host;

  /** @internal */
  constructor(
    /** @internal */
    readonly stack: Stack,
    events: readonly EngineEvent[],
    { outputs, changes }: { outputs: PropertyMap; changes: Partial<Record<StepOp, number>> },
    /** What the host's kernel held after the operation. */
    readonly kernel: Kernel,
  ) {
    this.host = stack.host;
    this.outputs = plainMap(outputs);
    this.changes = changes;
    this.steps = events.flatMap((event) => ("resOutputsEvent" in event ? stepsOf(event.resOutputsEvent.metadata) : []));
    this.messages = events.flatMap((event) =>
      "diagnosticEvent" in event ? [event.diagnosticEvent.message.trimEnd()] : [],
    );
    this.resources = (stack.snapshot?.resources ?? []).filter(isTheirs).map(asResource);
  }

  /**
   * Takes the host away, and with it all that is on it.
   *
   * @returns Nothing, when it is gone.
   */
  close(): Promise<void> {
    return this.host.close();
  }

  /** @internal */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const isTheirs = ({ type, urn, delete: gone }: ResourceState) =>
  !gone && !isStack(urn) && !type.startsWith("pulumi:providers:");

const asResource = ({ urn, id, inputs, outputs }: ResourceState): Resource => ({
  type: urnType(urn),
  name: urnName(urn),
  urn,
  ...(id === undefined ? {} : { id }),
  inputs: plainMap(inputs),
  outputs: plainMap(outputs),
});

const stepsOf = ({ op, urn, diffs = [] }: StepMetadata): Step[] =>
  op === "same" || isStack(urn) ? [] : [{ op, type: urnType(urn), name: urnName(urn), urn, diffs: [...diffs] }];

/** Properties as a program knows them: nothing of the implementation, no wrapping. */
function plainMap(map: PropertyMap = {}): Record<string, unknown> {
  const own = Object.entries(map).filter(([key]) => !key.startsWith("__"));
  return Object.fromEntries(own.map(([key, value]) => [key, plain(value)]));
}

function plain(value: PropertyValue): unknown {
  if (isSecret(value)) return plain(reveal(value));
  if (value === UNKNOWN) return undefined;
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" && value !== null ? plainMap(value) : value;
}
