import { createHash } from "node:crypto";
import { mapReferences, remembering, sameState } from "../model/resource-state.js";
import type { PendingOperation, ResourceState, Snapshot } from "../model/types.js";
import { makeUrnOfType, qualifiedType, STACK_TYPE, urnName, urnType } from "../model/urn.js";
import type { Step } from "./step.js";

/**
 * The engine release that this one equals. State files have it, and the CLI decides by it whether
 * it can read them.
 */
export const ENGINE_VERSION = "v3.248.0";

/** What a finished step does to the state. */
interface Landing {
  /** Does the resource that it had go? */
  takesOld(old: ResourceState): boolean;
  /** Does its new one come? */
  putsNew: boolean;
}

const LANDINGS: Partial<Record<Step["kind"], Landing>> = {
  same: { takesOld: () => true, putsNew: true },
  read: { takesOld: () => true, putsNew: true },
  create: { takesOld: (old) => old.pendingReplacement === true, putsNew: true },
  update: { takesOld: () => true, putsNew: true },
  delete: { takesOld: (old) => !old.pendingReplacement, putsNew: false },
  "remove-pending-replace": { takesOld: () => true, putsNew: false },
};

/**
 * The state, step by step, and its writing. Changes during a write wait and are written together by
 * the next, so the cost of a run doesn't grow with the square of its resources.
 */
export class SnapshotManager {
  private readonly news: ResourceState[] = [];
  private readonly done = new Set<ResourceState>();
  private readonly operations = new Map<ResourceState, PendingOperation["type"]>();
  private waiting: { resolve(): void; reject(error: unknown): void }[] = [];
  private writing = false;
  private written: Snapshot;
  private settled: Promise<void> = Promise.resolve();
  private readonly canonical = remembering();

  constructor(
    /** The state that steps work on; a refresh may put another in its place. */
    private base: ResourceState[],
    private readonly before: Snapshot | undefined,
    private readonly save: ((snapshot: Snapshot) => Promise<void>) | undefined,
  ) {
    this.written = before ?? this.build();
  }

  /** A refresh has found another state than the run began with. */
  rebase(base: ResourceState[]): void {
    this.base = base;
  }

  /**
   * Records what is about to be done. It may be done only when this resolves: then it is durable.
   */
  begin(step: Step): Promise<void> | undefined {
    const type = ({ create: "creating", update: "updating", delete: "deleting" } as const)[step.kind as "create"];
    if (!type) return undefined;
    this.operations.set(pending(step), type);
    return this.write();
  }

  /** Records what came of it; `landed` when there is something to keep. */
  end(step: Step, landed: boolean): Promise<void> | undefined {
    this.operations.delete(pending(step));
    const { kind, old, new: now } = step;
    if (!landed) return kind === "same" || kind === "replace" ? undefined : this.write();
    const landing = LANDINGS[kind];
    if (!landing || step.skippedCreate) return undefined;
    if (old && landing.takesOld(old)) this.done.add(old);
    if (landing.putsNew) this.news.push(now!);
    const isSame = (kind === "same" || kind === "read") && old && sameState(old, now!, true);
    return isSame ? undefined : this.write();
  }

  /** Writes what has changed since, such as outputs that were registered later. */
  write(): Promise<void> {
    if (!this.save) return Promise.resolve();
    const written = new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    if (!this.writing) this.settled = this.drain();
    return written;
  }

  /** Waits for running writes. Writes once more if anything has changed since the last. */
  async flush(): Promise<void> {
    await this.settled;
    if (this.save && !same(this.build(), this.written)) await this.write();
  }

  /** The state that was written last. */
  get last(): Snapshot {
    return this.written;
  }

  /** The state as it is now. */
  build(): Snapshot {
    const left = [...this.news, ...this.base].filter((state) => !this.done.has(state));
    const resources = normalize(left, this.canonical);
    const kept = (this.before?.pending_operations ?? []).filter(({ type }) => type === "creating");
    const running = [...this.operations].map(([resource, type]) => ({ resource: this.canonical(resource), type }));
    const { pending_operations: _, ...rest } = this.before ?? {};
    const operations = [...running, ...kept];
    return {
      ...rest,
      manifest: {
        time: new Date().toISOString(),
        magic: createHash("sha256").update(ENGINE_VERSION).digest("hex"),
        version: ENGINE_VERSION,
      },
      resources,
      ...(operations.length > 0 ? { pending_operations: operations } : {}),
    };
  }

  private async drain(): Promise<void> {
    this.writing = true;
    // What becomes ready in the same turn is written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const served = this.waiting;
      this.waiting = [];
      try {
        const snapshot = this.build();
        await this.save!(snapshot);
        this.written = snapshot;
        for (const { resolve } of served) resolve();
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    this.writing = false;
  }
}

const pending = (step: Step): ResourceState => (step.kind === "delete" ? step.old! : step.new!);

function same(a: Snapshot, b: Snapshot): boolean {
  if (a.resources.length !== b.resources.length) return false;
  if ((a.pending_operations ?? []).length !== (b.pending_operations ?? []).length) return false;
  return a.resources.every((state, i) => sameState(state, b.resources[i]!));
}

/** Copies without aliases, in which all references to a resource use its new URN. */
function normalize(resources: ResourceState[], canonical: (state: ResourceState) => ResourceState): ResourceState[] {
  const renamed = new Map<string, string>();
  for (const state of resources) {
    for (const alias of state.aliases ?? []) renamed.set(alias, state.urn);
    const parent = state.parent && renamed.get(state.parent);
    if (parent && qualifiedType(parent) !== STACK_TYPE) {
      const [, , stack, ...rest] = state.urn.split(":");
      const project = rest.join(":").slice(1).split("::")[0]!;
      renamed.set(
        state.urn,
        makeUrnOfType(stack!, project, qualifiedType(parent), urnType(state.urn), urnName(state.urn)),
      );
    }
  }
  if (renamed.size === 0) return resources.map(canonical);
  return resources.map((state) => {
    const moved = mapReferences(state, (urn) => renamed.get(urn) ?? urn);
    return canonical({ ...moved, aliases: undefined });
  });
}
