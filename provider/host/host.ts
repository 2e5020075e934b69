import { applyStep } from "../model/apply.js";
import type { Scope, Snapshot } from "../model/snapshot.js";
import type { Step } from "../plan.js";
import { commit } from "./commit.js";
import { type Exec, localExec } from "./exec.js";
import { listNamespaces } from "./files.js";
import { RealChains } from "./iptables.js";
import { withHostLock } from "./lock.js";
import { engine } from "./lull.js";
import { observe } from "./observe.js";
import { isEmpty, overlap, union } from "./scope.js";
import type { Direction, Task } from "./task.js";

/** Which host: this machine, or a named network namespace of it. */
export interface HostAddress {
  netns?: string;
}

/** One operation on a host: what it has to see, and the plan that is made of what it sees. */
export interface Work<T> {
  scope: Scope;
  direction: Direction;
  /** Who asks, for the lock. */
  holder: string;
  plan(snapshot: Snapshot): { steps: Step[]; result: T };
}

interface Pending extends Work<unknown> {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** For how many milliseconds operations are gathered at most, by what the group before has cost. */
const SHORTEST_GATHERING = 50;
const LONGEST_GATHERING = 300;

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
  private readonly exec: Exec;
  private readonly chains = new RealChains();
  private queue: Pending[] = [];
  /** Is a change under way? */
  busy = false;
  private seen?: Promise<Snapshot>;
  /** What this process has changed since `seen` was read. */
  private stale: Scope = {};

  constructor(
    private readonly address: HostAddress,
    exec?: Exec,
  ) {
    this.name = address.netns === undefined ? "this machine" : `network namespace ${address.netns}`;
    this.exec = exec ?? localExec(address.netns);
  }

  /**
   * The host as it is, for drift checks: read once a run and shared, since the engine calls diff serially. What this process has
   * changed meanwhile is read anew. Throws HostMissing.
   */
  async view(scope: Scope): Promise<Snapshot> {
    await this.mustExist();
    if (!this.seen) {
      this.chains.forget();
      this.seen = observe(this.exec, "all", this.chains);
    }
    const snapshot = await this.seen;
    const again = overlap(this.stale, scope);
    if (scope.sysctls?.some((key) => !snapshot.sysctls.has(key))) again.sysctls = scope.sysctls;
    again.namespaceSysctls = withKeys(scope.namespaceSysctls ?? {});
    again.namespaces = [...(again.namespaces ?? []), ...Object.keys(again.namespaceSysctls)];
    if (isEmpty(again)) return snapshot;
    return merge(snapshot, await observe(this.exec, again, this.chains), again);
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
    let lastMs = 0;
    while (this.queue.length > 0) {
      await engine.lull(Math.min(Math.max(2 * lastMs, SHORTEST_GATHERING), LONGEST_GATHERING));
      const start = performance.now();
      const { direction } = this.queue[0]!;
      const group = this.queue.filter((work) => work.direction === direction);
      this.queue = this.queue.filter((work) => work.direction !== direction);
      await this.commitGroup(group, direction).catch((error: unknown) => {
        for (const work of group) work.reject(error);
      });
      lastMs = performance.now() - start;
    }
    this.busy = false;
  }

  private async commitGroup(group: Pending[], direction: Direction): Promise<void> {
    await this.mustExist();
    await withHostLock(this.name, group[0]!.holder, async () => {
      const scope = union(group.map((work) => work.scope));
      const snapshot = await observe(this.exec, scope, this.chains);
      const model = { ...snapshot, sysctls: new Map(snapshot.sysctls), resolvConfs: new Map(snapshot.resolvConfs) };
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
        await commit(this.exec, tasks, snapshot, direction);
        this.chains.forget(
          tasks.flatMap(({ steps }) => steps),
          snapshot.firewall,
        );
      }
      for (const { work, task, result } of planned) task.error ? work.reject(task.error) : work.resolve(result);
    });
  }

  private async mustExist(): Promise<void> {
    const { netns } = this.address;
    if (netns !== undefined && !(await listNamespaces()).includes(netns))
      throw new HostMissing(
        `there is no network namespace ${netns} on this machine (host.netns): create it first, or depend on the NetNamespace that does`,
      );
  }
}

/** Most namespaces have none declared, and those need no reading. */
const withKeys = (sysctls: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(sysctls).filter(([, keys]) => keys.length > 0));

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
    sysctls: new Map([...snapshot.sysctls, ...fresh.sysctls]),
  };
}
