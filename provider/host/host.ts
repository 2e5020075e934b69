import { applyStep } from "../model/apply.js";
import { type HostAddress, hostName } from "../model/host-address.js";
import type { Scope, Snapshot } from "../model/snapshot.js";
import { endingBecause } from "../orphan.js";
import type { Step } from "../plan.js";
import { commit, revert } from "./commit.js";
import type { Exec } from "./exec.js";
import { RealChains } from "./iptables.js";
import { localMachine } from "./local.js";
import { engine } from "./lull.js";
import type { Machine } from "./machine.js";
import { observe, readNamespaceSysctls } from "./observe.js";
import { isEmpty, overlap, union } from "./scope.js";
import { sshMachine } from "./ssh/machine.js";
import type { Direction, Task } from "./task.js";

/** One operation on a host: what it has to see, and the plan that is made of what it sees. */
export interface Work<T> {
  scope: Scope;
  direction: Direction;
  /** Nothing is made of it, so nobody waits for it. */
  last: boolean;
  /** Who asks, for the lock. */
  holder: string;
  plan(snapshot: Snapshot): { steps: Step[]; result: T };
  /** Of a removal: the steps that make it again on a host where it is gone. */
  restore?(snapshot: Snapshot): Step[];
}

interface Pending extends Work<unknown> {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * For how many milliseconds operations are gathered at most: three times as many each time that the engine has not come to a pause. What others wait for is
 * not kept so long: the program can't even declare them before.
 */
const SHORTEST_GATHERING = 50;
const LONGEST_GATHERING = 3000;
const LONGEST_FOR_OTHERS = 300;

/** Amid a long series of calls one that is late by this is no pause yet: a busy machine is slow by fits and starts. */
const PATIENCE = 250;

/** The host is a network namespace that isn't there (any more). */
export class HostMissing extends Error {
  override name = "HostMissing";
}

/** What a resource can ask of a host. */
export interface HostApi {
  readonly name: string;
  view(scope: Scope): Promise<Snapshot>;
  apply<T>(work: Work<T>): Promise<T>;
}

/**
 * A host as the resources see it: `view` to look, `apply` to change. Pulumi creates in parallel in one process: operations that are ready
 * together are planned one after the other on a model of the host and committed as a group, under a lock that keeps
 * other processes' read-modify-write apart.
 */
export class Host implements HostApi {
  readonly name: string;
  private readonly machine: Machine;
  private readonly chains = new RealChains();
  private queue: Pending[] = [];
  /** Is a change under way? */
  busy = false;
  private seen?: Promise<Snapshot>;
  /** Keys of namespaces' sysctls in `seen`. */
  private readonly sysctlsSeen = new Set<string>();
  /** What this process has changed since `seen` was read. */
  private stale: Scope = {};

  constructor(
    private readonly address: Partial<HostAddress>,
    exec?: Exec,
  ) {
    this.name = hostName(address);
    const { connection, become, netns } = address;
    const machine = connection ? sshMachine({ connection, become }, netns) : localMachine(netns);
    this.machine = exec ? { ...machine, exec } : machine;
  }

  /**
   * The host as it is, for drift checks: read once a run and shared, since the engine calls diff serially. What this process has
   * changed meanwhile is read anew. Throws HostMissing.
   */
  async view(scope: Scope): Promise<Snapshot> {
    await this.mustExist();
    if (!this.seen) {
      this.chains.forget();
      // Not amid the change of another run (the provider of a killed engine finishes what it has begun): that would be taken for drift, or missed.
      this.seen = this.machine.locked("a look at the host", () => observe(this.machine, "all", this.chains));
    }
    const snapshot = await this.seen;
    await this.addSysctls(snapshot, Object.values(scope.namespaceSysctls ?? {}).flat());
    const again = overlap(this.stale, scope);
    if (scope.sysctls?.some((key) => !snapshot.sysctls.has(key))) again.sysctls = scope.sysctls;
    again.namespaceSysctls = Object.fromEntries(
      Object.entries(scope.namespaceSysctls ?? {}).filter(([name]) => again.namespaces?.includes(name)),
    );
    if (isEmpty(again)) return snapshot;
    return merge(snapshot, await observe(this.machine, again, this.chains), again);
  }

  /** Keys that no view has asked for before are read of all namespaces at once: whoever sets one mostly sets it in each. */
  private async addSysctls({ namespaces }: Snapshot, keys: string[]): Promise<void> {
    const wanted = keys.filter((key) => !this.sysctlsSeen.has(key));
    if (wanted.length === 0) return;
    for (const key of wanted) this.sysctlsSeen.add(key);
    await readNamespaceSysctls(this.machine, namespaces, new Map([...namespaces.keys()].map((name) => [name, wanted])));
  }

  /** Plans and runs one operation, together with all others that are waiting. Throws what its plan or its steps throw. */
  apply<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ ...work, resolve: resolve as (result: unknown) => void, reject });
      if (!this.busy) {
        this.busy = true;
        setImmediate(() => void this.drain());
      }
    });
  }

  private async drain(): Promise<void> {
    let gatheringMs = SHORTEST_GATHERING;
    while (this.queue.length > 0) {
      const patience = gatheringMs > SHORTEST_GATHERING ? Math.min(gatheringMs / 4, PATIENCE) : 0;
      const atMost = () =>
        this.queue.every(({ last }) => last) ? gatheringMs : Math.min(gatheringMs, LONGEST_FOR_OTHERS);
      const silent = await engine.lull(atMost, patience);
      gatheringMs = silent
        ? Math.max(gatheringMs / 2, SHORTEST_GATHERING)
        : Math.min(3 * gatheringMs, LONGEST_GATHERING);
      if (this.endsHere()) break;
      const { direction } = this.queue[0]!;
      const group = this.queue.filter((work) => work.direction === direction);
      this.queue = this.queue.filter((work) => work.direction !== direction);
      await this.commitGroup(group, direction).catch((error: unknown) => {
        for (const work of group) work.reject(error);
      });
      engine.answered();
    }
    this.busy = false;
  }

  /** A process that is to end begins nothing more: its engine would never hear of it. */
  private endsHere(): boolean {
    const why = endingBecause();
    if (why === undefined) return false;
    for (const work of this.queue.splice(0)) work.reject(new Error(`not begun: ${why}, so this provider process ends`));
    return true;
  }

  private async commitGroup(group: Pending[], direction: Direction): Promise<void> {
    await this.mustExist();
    await this.machine.locked(group[0]!.holder, async () => {
      const scope = union(group.map((work) => work.scope));
      const snapshot = await observe(this.machine, scope, this.chains);
      const model = copy(snapshot);
      const planned: { work: Pending; task: Task; result: unknown }[] = [];
      for (const work of group) {
        try {
          const { steps, result } = work.plan(model);
          for (const step of steps) applyStep(model, step);
          planned.push({ work, task: { steps, done: [] }, result });
        } catch (error) {
          work.reject(error);
        }
      }
      const tasks = planned.map(({ task }) => task).filter(({ steps }) => steps.length > 0);
      if (tasks.length > 0) {
        this.stale = union([this.stale, scope]);
        await this.change(planned, tasks, { before: snapshot, after: model }, direction);
        this.chains.forget(
          tasks.flatMap(({ steps }) => steps),
          snapshot.firewall,
        );
      }
      for (const { work, task, result } of planned) task.error ? work.reject(task.error) : work.resolve(result);
    });
  }

  /** Commits a group; with `rollbackAfterSeconds` a machine over ssh takes it back unless it can be reached again. */
  private async change(
    planned: { work: Pending }[],
    tasks: Task[],
    snapshots: { before: Snapshot; after: Snapshot },
    direction: Direction,
  ): Promise<void> {
    const work = () => commit(this.machine, tasks, snapshots.before, direction);
    const { rollbackAfterSeconds } = this.address;
    if (rollbackAfterSeconds === undefined || !this.machine.guarded) return await work();
    const model = copy(snapshots.after);
    const restored = planned.toReversed().map(({ work }) => {
      const steps = work.restore?.(model) ?? [];
      for (const step of steps) applyStep(model, step);
      return steps;
    });
    await this.machine.guarded(rollbackAfterSeconds, (on) => revert(on, tasks, restored, snapshots, direction), work);
  }

  private async mustExist(): Promise<void> {
    const { netns } = this.address;
    if (netns !== undefined && !(await this.machine.files.listNamespaces()).includes(netns))
      throw new HostMissing(
        `there is no ${this.name} (host.netns): create it first, or depend on the NetNamespace that does`,
      );
  }
}

/** For planning on: steps are applied to it. */
const copy = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  sysctls: new Map(snapshot.sysctls),
  resolvConfs: new Map(snapshot.resolvConfs),
});

function merge(snapshot: Snapshot, fresh: Snapshot, scope: Scope): Snapshot {
  const links = new Map(snapshot.links);
  for (const name of scope.links ?? []) links.delete(name);
  const namespaces = new Map(snapshot.namespaces);
  for (const name of scope.namespaces ?? []) namespaces.delete(name);
  return {
    ...snapshot,
    links: new Map([...links, ...fresh.links]),
    namespaces: new Map([...namespaces, ...fresh.namespaces]),
    resolvConfs: new Map([
      ...[...snapshot.resolvConfs].filter(([name]) => !scope.namespaces?.includes(name)),
      ...fresh.resolvConfs,
    ]),
    routes: scope.routes ? fresh.routes : snapshot.routes,
    firewall: scope.firewall ? fresh.firewall : snapshot.firewall,
    otherBackend: scope.firewall ? fresh.otherBackend : snapshot.otherBackend,
    sysctls: new Map([...snapshot.sysctls, ...fresh.sysctls]),
  };
}
