import { type HostAddress, hostName } from "../kernel/host-address.js";
import type { Step } from "../kernel/plan.js";
import type { NamespaceView, Scope, Snapshot } from "../kernel/snapshot.js";
import { commit, revert } from "./commit.js";
import type { Exec } from "./exec.js";
import { JustMade } from "./just-made.js";
import { localMachine } from "./local.js";
import { Pauses } from "./lull.js";
import { RealChains } from "./nft-tables.js";
import { observe, type Watch } from "./observe.js";
import type { Product } from "./product.js";
import { isEmpty, merge, union } from "./scope.js";
import { Sight, type When } from "./sight.js";
import { Connections } from "./ssh/connections.js";
import type { Direction, Task } from "./task.js";

/** One operation on a host: what it sees and may change, and its plan. */
export interface Work<T> {
  scope: Scope;
  /**
   * What it has to see, where that is less than it may change: at first, and what more after that.
   */
  sees?: { first: Scope; more(snapshot: Snapshot): Scope };
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
 * For how many milliseconds operations are gathered at most: three times as many each time that the
 * engine has not come to a pause. Where other resources depend on them it is less, since the
 * program can't declare those before.
 */
const SHORTEST_GATHERING = 50;
const LONGEST_GATHERING = 10_000;
const LONGEST_FOR_OTHERS = 300;

/**
 * Amid a long series of calls one that is late by this is no pause yet: a busy machine is slow by
 * fits and starts.
 */
const PATIENCE = 250;

/** The host is a network namespace that isn't there (any more). */
export class HostMissing extends Error {
  override name = "HostMissing";
}

/** What the hosts of one run have in common. */
export interface HostRun {
  /** When the engine makes a pause. */
  pauses: Pauses;
  connections: Connections;
  /** What is made on them. */
  product: Product;
  /** Why this process is to end, when it is: no other change is begun. */
  endsBecause(): string | undefined;
  /** Runs the commands of this machine; tests have their own. */
  exec?: Exec;
}

/** What a resource can ask of a host. */
export interface HostApi {
  readonly name: string;
  /** The rhythm of the run that it belongs to. */
  readonly pauses?: Pauses;
  /** Has this run looked at it? */
  readonly looked?: boolean;
  view(scope: Scope, when?: When): Promise<Snapshot>;
  apply<T>(work: Work<T>): Promise<T>;
}

/**
 * A host as the resources see it: `view` to look, `apply` to change. Pulumi creates in parallel in
 * one process. Operations that are ready together are planned one after the other on a model of the
 * host, and committed as a group. A lock keeps other processes' read-modify-write apart.
 */
export class Host implements HostApi {
  readonly name: string;
  readonly pauses: Pauses;
  private readonly endsBecause: () => string | undefined;
  private readonly watch: Watch;
  private queue: Pending[] = [];
  /** Is a change under way? */
  busy = false;
  private readonly made = new JustMade();
  private readonly sight: Sight;

  constructor(
    private readonly address: Partial<HostAddress>,
    run: Partial<HostRun> & Pick<HostRun, "product">,
  ) {
    this.name = hostName(address);
    const { pauses = new Pauses(), connections = new Connections(), exec } = run;
    this.pauses = pauses;
    this.endsBecause = () => run.endsBecause?.();
    const { connection, become, netns } = address;
    const machine = connection ? connections.machine({ connection, become }, netns) : localMachine(netns);
    this.watch = { machine: exec ? { ...machine, exec } : machine, chains: new RealChains(), product: run.product };
    this.sight = new Sight(this.watch);
  }

  get looked(): boolean {
    return this.sight.looked;
  }

  /** The host as it is, for drift checks, see Sight. Throws HostMissing. */
  async view(scope: Scope, when?: When): Promise<Snapshot> {
    await this.mustExist();
    return await this.sight.look(scope, when);
  }

  /**
   * Plans and runs one operation, together with all others that wait. Throws what its plan or its
   * steps throw.
   */
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
      const silent = await this.pauses.lull(atMost, patience);
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
      this.pauses.answered();
    }
    this.busy = false;
  }

  /** A process that is to end begins nothing more: its engine would never hear of it. */
  private endsHere(): boolean {
    const why = this.endsBecause();
    if (why === undefined) return false;
    for (const work of this.queue.splice(0)) work.reject(new Error(`not begun: ${why}, so this provider process ends`));
    return true;
  }

  private async commitGroup(group: Pending[], direction: Direction): Promise<void> {
    await this.mustExist();
    await this.watch.machine.locked(group[0]!.holder, async () => {
      const scope = union(group.map((work) => work.scope));
      const snapshot = await this.observeFor(group, this.made.take(scope));
      const model = copy(snapshot);
      const planned: { work: Pending; task: Task; result: unknown }[] = [];
      for (const work of group) {
        try {
          const { steps, result } = work.plan(model);
          this.watch.product.applySteps(model, steps);
          planned.push({ work, task: { steps, done: [] }, result });
        } catch (error) {
          work.reject(error);
        }
      }
      const tasks = planned.map(({ task }) => task).filter(({ steps }) => steps.length > 0);
      if (tasks.length > 0) {
        await this.sight.during(scope, async () => {
          await this.change(planned, tasks, { before: snapshot, after: model }, direction);
          this.made.note(tasks, model);
          this.watch.chains.forget(
            tasks.flatMap(({ steps }) => steps),
            snapshot.firewall,
          );
        });
      }
      for (const { work, task, result } of planned) task.error ? work.reject(task.error) : work.resolve(result);
    });
  }

  private async observeFor(group: Pending[], known: Map<string, NamespaceView>): Promise<Snapshot> {
    const look = (scopes: Scope[]) => observe(this.watch, union(scopes), known);
    const snapshot = await look(group.map(({ scope, sees }) => sees?.first ?? scope));
    const more = union(group.map(({ sees }) => sees?.more(snapshot) ?? {}));
    return isEmpty(more) ? snapshot : merge(snapshot, await look([more]), more);
  }

  /**
   * Commits a group. With `rollbackAfterSeconds` a machine over ssh takes it back unless it can be
   * reached again.
   */
  private async change(
    planned: { work: Pending }[],
    tasks: Task[],
    snapshots: { before: Snapshot; after: Snapshot },
    direction: Direction,
  ): Promise<void> {
    const { machine, product } = this.watch;
    const group = { tasks, before: snapshots.before, direction, product };
    const work = () => commit(machine, group);
    const { rollbackAfterSeconds } = this.address;
    if (rollbackAfterSeconds === undefined || !machine.guarded) return await work();
    const model = copy(snapshots.after);
    const restored = planned.toReversed().map(({ work }) => {
      const steps = work.restore?.(model) ?? [];
      product.applySteps(model, steps);
      return steps;
    });
    await machine.guarded(rollbackAfterSeconds, (on) => revert(on, group, restored, snapshots.after), work);
  }

  private async mustExist(): Promise<void> {
    const { netns } = this.address;
    if (netns !== undefined && !(await this.watch.machine.files.listNamespaces()).includes(netns))
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
