import { isStack, nameOf, typeOf } from "../engine/display/words.js";
import { isSecret, reveal, UNKNOWN } from "../engine/properties.js";
import type {
  EngineEvent,
  PropertyMap,
  PropertyValue,
  ResourceState,
  Snapshot,
  StepMetadata,
  StepOp,
} from "../engine/types.js";
import type { Host } from "./host.js";
import type { Kernel } from "./kernel.js";
import type { Prepared } from "./program.js";

/** What an operation did to a resource, or in a preview would do. */
export interface Step {
  /** `create`, `update`, `delete`, `create-replacement`, `replace`, `delete-replaced`, `read`, `discard`; in a refresh what was found. */
  op: StepOp;
  /** `pulumi-nodejs:hostnet:Bridge` */
  type: string;
  name: string;
  urn: string;
  /** The properties that give cause to it, as far as the provider says. */
  diffs: string[];
}

/** A resource as it stands in the state. Secrets are plain. */
export interface Resource {
  type: string;
  name: string;
  urn: string;
  /** Components have none. */
  id?: string;
  inputs: Record<string, unknown>;
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
  /** The stack's outputs. Secrets are plain; what a preview can't know is undefined. */
  readonly outputs: Record<string, unknown>;
  /** What was done, in the order in which it was; without what stays as it is. */
  readonly steps: Step[];
  /** How many resources were created, updated, left the same …; the stack itself is one of them. */
  readonly changes: Partial<Record<StepOp, number>>;
  /** What program and resources said: lines, and warnings; in a preview among them what is wrong on the host. */
  readonly messages: string[];
  /** The resources of the stack after the operation. */
  readonly resources: Resource[];
  /** The host, for requests of one's own and for traffic. */
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

  /** Takes the host away, and with it all that is on it. */
  close(): Promise<void> {
    return this.host.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const isTheirs = ({ type, urn, delete: gone }: ResourceState) =>
  !gone && !isStack(urn) && !type.startsWith("pulumi:providers:");

const asResource = ({ urn, id, inputs, outputs }: ResourceState): Resource => ({
  type: typeOf(urn),
  name: nameOf(urn),
  urn,
  ...(id === undefined ? {} : { id }),
  inputs: plainMap(inputs),
  outputs: plainMap(outputs),
});

const stepsOf = ({ op, urn, diffs = [] }: StepMetadata): Step[] =>
  op === "same" || isStack(urn) ? [] : [{ op, type: typeOf(urn), name: nameOf(urn), urn, diffs: [...diffs] }];

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
