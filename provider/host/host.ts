import { type HostAddress, hostName } from "../kernel/host-address.js";
import type { NamespaceView, Scope, Snapshot } from "../kernel/snapshot.js";
import { commit, revert } from "./commit.js";
import type { Exec } from "./exec.js";
import { JustMade } from "./just-made.js";
import { localMachine } from "./local.js";
import { Pauses } from "./lull.js";
import { RealChains } from "./nft-tables.js";
import { observe, type Watch } from "./observe.js";
import { copy, Misled, misled, type Planned, planAll } from "./planned.js";
import type { Product } from "./product.js";
import { print, type Say } from "./say.js";
import { isEmpty, merge, union } from "./scope.js";
import { Sight, type When } from "./sight.js";
import { Connections } from "./ssh/connections.js";
import type { Direction, Task } from "./task.js";
import type { Pending, Work } from "./work.js";

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

  constructor(
    message: string,
    /** Its name is there, and dead: nothing can be made in its place before that is gone. */
    readonly dead: boolean,
  ) {
    super(message);
  }
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
  /** Are the tools of this machine those that it takes? Throws where they aren't. */
  mustBeFit?(): Promise<void>;
  /** Tells the user a line. Default: the process prints it. */
  say?: Say;
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
  private readonly mustBeFit: () => Promise<void>;
  private readonly watch: Watch;
  private readonly say: Say;
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
    this.say = run.say ?? print;
    this.endsBecause = () => run.endsBecause?.();
    // A machine over ssh is asked when it is dialled.
    this.mustBeFit = async () => await (address.connection ? undefined : run.mustBeFit?.());
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
      for (let left = group; left.length > 0; ) left = await this.commitOnce(left, direction);
    });
  }

  /** Returns those that have to be planned anew, since they counted on another one that failed. */
  private async commitOnce(group: Pending[], direction: Direction): Promise<Pending[]> {
    const scope = union(group.map((work) => work.scope));
    const snapshot = await this.observeFor(group, this.made.take(scope));
    const model = copy(snapshot);
    const planned = planAll(group, model, this.watch.product);
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
    const again = planned.filter(({ task }) => task.error instanceof Misled);
    for (const { work, task, result } of planned.filter((each) => !again.includes(each)))
      task.error ? work.reject(task.error) : work.resolve(result);
    return again.map(({ work }) => work);
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
    planned: Planned[],
    tasks: Task[],
    snapshots: { before: Snapshot; after: Snapshot },
    direction: Direction,
  ): Promise<void> {
    const { machine, product } = this.watch;
    const { before } = snapshots;
    const group = { tasks, before, direction, product, say: this.say, misled: () => misled(planned, before, product) };
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
    await this.mustBeFit();
    const { netns } = this.address;
    if (netns === undefined) return;
    const state = await this.watch.machine.files.namespaceState(netns);
    if (state === "namespace") return;
    const there = state === "dead" ? `: /run/netns/${netns} is a dead name, which leads to none` : "";
    const before = state === "dead" ? `delete that name (\`ip netns delete ${netns}\`), and ` : "";
    throw new HostMissing(
      `there is no ${this.name} (host.netns)${there}: ${before}create it first, or depend on the NetNamespace that does`,
      state === "dead",
    );
  }
}
