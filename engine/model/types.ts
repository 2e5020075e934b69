import type { Distribution } from "../distribution.js";

/**
 * What the parts of the embedded engine say to each other. Shapes are Pulumi's own (checkpoint
 * version 3, engine events), so that nothing is translated between memory, state file and display.
 */

/**
 * A property value in Pulumi's JSON form: secrets and references are objects with a signature key;
 * an unknown is the unknown UUID. A secret in memory is
 * `{ [signature]: secret, plaintext: JSON text of the value }`, as
 * `pulumi stack export --show-secrets` writes it: a state file differs only in `ciphertext` instead
 * of `plaintext`. `properties.ts` makes and opens them.
 */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | PropertyMap;
export interface PropertyMap {
  [key: string]: PropertyValue;
}

/**
 * One resource as it stands in a checkpoint (`apitype.ResourceV3`). In memory a secret is
 * `{ [SIGNATURE]: SECRET, plaintext: <JSON> }` (properties.ts), in files `ciphertext`.
 */
export interface ResourceState {
  urn: string;
  custom: boolean;
  type: string;
  id?: string;
  delete?: boolean;
  inputs?: PropertyMap;
  outputs?: PropertyMap;
  parent?: string;
  protect?: boolean;
  external?: boolean;
  dependencies?: string[];
  initErrors?: string[];
  provider?: string;
  propertyDependencies?: Record<string, string[] | null>;
  pendingReplacement?: boolean;
  additionalSecretOutputs?: string[];
  aliases?: string[];
  customTimeouts?: { create?: number; update?: number; delete?: number };
  importID?: string;
  retainOnDelete?: boolean;
  deletedWith?: string;
  replaceWith?: string[];
  created?: string;
  modified?: string;
  sourcePosition?: string;
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
  [other: string]: unknown;
}

export interface PendingOperation {
  resource: ResourceState;
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

/** The part of a checkpoint that a run changes. Keys that we don't know are kept as they are. */
export interface Snapshot {
  manifest: { time: string; magic: string; version: string; [other: string]: unknown };
  resources: ResourceState[];
  pending_operations?: PendingOperation[];
  [other: string]: unknown;
}

export type Operation = "preview" | "up" | "refresh" | "destroy";

/** What is done to a resource, in the words of the Pulumi engine. */
export type StepOp =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "refresh"
  | "discard"
  | "import";

export interface Project {
  name: string;
  /** The folder of Pulumi.yaml. */
  root: string;
  /** `main` of Pulumi.yaml, a path under root; the root when absent. */
  main?: string;
  /** `runtime.options` of Pulumi.yaml. */
  options: Record<string, unknown>;
}

/**
 * What an operation is limited to. Each text is a URN, or a pattern: `*` stands for anything within
 * one part of a URN, `**` across parts.
 */
export interface Scope {
  /** These only (`--target`). */
  targets?: string[];
  /** And what depends on them (`--target-dependents`). */
  targetDependents?: boolean;
  /** All but these (`--exclude`). */
  excludes?: string[];
  /** Nor what depends on them (`--exclude-dependents`). */
  excludeDependents?: boolean;
  /** Replaced even if they haven't changed (`--replace`). */
  replaces?: string[];
}

export interface DeploymentRequest {
  distribution: Distribution;
  operation: Operation;
  project: Project;
  stack: string;
  organization: string;
  /** Full keys (`project:key`) with plain values. */
  config: Record<string, string>;
  /** Those keys of `config` that hold secrets. */
  secretKeys: string[];
  /** The state before the run; undefined for a stack that was never deployed. */
  base?: Snapshot;
  /** The outputs of another stack, for a stack reference; rejects when there is no such stack. */
  stackOutputs(name: string): Promise<PropertyMap>;
  /**
   * Called before and after each step that changes something; must be durable when it resolves.
   * Never called by a preview.
   */
  save(snapshot: Snapshot): Promise<void>;
  onEvent(event: EngineEvent): void;
  /** At most so many provider calls at once. */
  parallel: number;
  /** Refresh first (`up --refresh`, `preview --refresh`, `destroy --refresh`). */
  refresh: boolean;
  /**
   * Of a refresh or a destroy: find out what would be done, and save nothing. A preview of an up is
   * the operation `preview`.
   */
  dryRun?: boolean;
  /** What the operation is limited to; everything when absent. */
  scope?: Scope;
  /** Aborted by the first Ctrl-C: running calls finish, nothing new starts. */
  signal: AbortSignal;
}

export interface DeploymentResult {
  status: "succeeded" | "failed" | "canceled";
  changes: Partial<Record<StepOp, number>>;
  snapshot: Snapshot;
  /** The stack's outputs (of the root `pulumi:pulumi:Stack`), secrets marked. */
  outputs: PropertyMap;
}

/** Whether an operation runs the program. */
export const runsProgram = (operation: Operation): boolean => operation === "preview" || operation === "up";

/** Whether nothing is done and nothing saved. */
export const isDryRun = ({ operation, dryRun }: Pick<DeploymentRequest, "operation" | "dryRun">): boolean =>
  operation === "preview" || dryRun === true;

/** A step as a display sees it (`apitype.StepEventMetadata`). */
export interface StepMetadata {
  op: StepOp;
  urn: string;
  type: string;
  old?: ResourceState;
  new?: ResourceState;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: string; inputDiff: boolean }>;
  logical?: boolean;
  provider: string;
}

/** `apitype.EngineEvent`, without `sequence` and `timestamp`, which the writer of events adds. */
export type EngineEvent =
  | { preludeEvent: { config: Record<string, string> } }
  | { resourcePreEvent: { metadata: StepMetadata; planning?: boolean } }
  | { resOutputsEvent: { metadata: StepMetadata; planning?: boolean } }
  | { resOpFailedEvent: { metadata: StepMetadata; status: number; steps: number } }
  | {
      diagnosticEvent: {
        urn?: string;
        message: string;
        color: "never";
        severity: "debug" | "info" | "info#err" | "warning" | "error";
        streamID?: number;
        ephemeral?: boolean;
      };
    }
  | { stdoutEvent: { message: string; color: "never" } }
  | {
      summaryEvent: {
        maybeCorrupt: boolean;
        durationSeconds: number;
        resourceChanges: Partial<Record<StepOp, number>>;
      };
    }
  | { cancelEvent: Record<string, never> };
