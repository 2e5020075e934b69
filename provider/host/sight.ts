import type { Scope, Snapshot } from "../kernel/snapshot.js";
import type { SysctlIs } from "../kernel/sysctl-words.js";
import { lookAtNew } from "./look-sysctls.js";
import { observe, SWITCHES, type Watch } from "./observe.js";
import { isEmpty, merge, overlap, union, without } from "./scope.js";
import { readNamespaceSysctls } from "./sysctls.js";

/**
 * `now`: as it is, what this run has changed included. `at first`: that may be missing. `anew`:
 * what others have changed meanwhile included.
 */
export type When = "now" | "at first" | "anew";

/**
 * What a run knows of a host. It is read as a whole once, and shared: the engine calls check and
 * diff for one resource after the other. What this process changes is read anew when it is looked
 * at next, once a change.
 */
export class Sight {
  private seen?: Promise<Snapshot>;
  /** Keys of namespaces' sysctls in `seen`. */
  private readonly sysctlsSeen = new Set<string>();
  private readonly newSysctls = new Map<string, SysctlIs>();
  /** What this process has changed since it was read. */
  private stale: Scope = {};
  private changesBegun = 0;
  private changesEnded = 0;

  constructor(private readonly watch: Watch) {}

  get looked(): boolean {
    return this.seen !== undefined;
  }

  /** The host where `scope` says. */
  async look(scope: Scope, when: When = "now"): Promise<Snapshot> {
    if (!this.seen) {
      this.watch.chains.forget();
      // Not amid the change of another run, which would be taken for drift, or missed: the provider
      // of a killed engine finishes what it has begun.
      this.seen = this.watch.machine.locked("a look at the host", () => observe(this.watch, "all"));
    }
    const snapshot = await this.seen;
    if (when === "at first") return { ...snapshot, newSysctls: await this.lookAtNew(snapshot, scope) };
    await this.addSysctls(snapshot, Object.values(scope.namespaceSysctls ?? {}).flat());
    if (when === "anew") return await this.lookAnew(snapshot, scope);
    const again = overlap(this.stale, scope);
    if (scope.sysctls?.some((key) => !snapshot.sysctls.has(key))) again.sysctls = scope.sysctls;
    again.namespaceSysctls = this.asked(again);
    return isEmpty(again) ? snapshot : await this.lookAgain(snapshot, again);
  }

  private async lookAnew(snapshot: Snapshot, scope: Scope): Promise<Snapshot> {
    this.newSysctls.clear();
    const again = { ...scope, sysctls: [...(scope.sysctls ?? []), ...SWITCHES], readOnly: true };
    again.namespaceSysctls = this.asked(again);
    return { ...(await this.lookAgain(snapshot, again)), newSysctls: await this.lookAtNew(snapshot, scope) };
  }

  /** The keys that have been read of all namespaces. */
  private readonly asked = ({ namespaces = [] }: Scope): Record<string, string[]> =>
    Object.fromEntries(namespaces.map((name) => [name, [...this.sysctlsSeen]]));

  /** What is read while nothing changes holds until something does. */
  private async lookAgain(snapshot: Snapshot, scope: Scope): Promise<Snapshot> {
    const began = this.changesEnded;
    const fresh = await observe(this.watch, scope);
    if (began === this.changesBegun) {
      this.stale = without(this.stale, scope);
      this.seen = this.seen?.then((known) => merge(known, fresh, scope));
    }
    return merge(snapshot, fresh, scope);
  }

  /** Runs `change`, which changes what `scope` names. */
  async during<T>(scope: Scope, change: () => Promise<T>): Promise<T> {
    this.changesBegun++;
    this.stale = union([this.stale, scope]);
    return await change().finally(() => this.changesEnded++);
  }

  /** What of sysctls the namespaces will have that aren't there; each key is looked at once. */
  private async lookAtNew({ namespaces }: Snapshot, { namespaceSysctls = {} }: Scope): Promise<Map<string, SysctlIs>> {
    const wanted = Object.entries(namespaceSysctls).flatMap(([name, keys]) => (namespaces.has(name) ? [] : keys));
    const keys = [...new Set(wanted)].filter((key) => !this.newSysctls.has(key));
    if (keys.length > 0)
      for (const [key, is] of await lookAtNew(keys, this.watch.machine.exec)) this.newSysctls.set(key, is);
    return this.newSysctls;
  }

  /** New keys are read of all namespaces at once: a program mostly sets a key in each. */
  private async addSysctls({ namespaces }: Snapshot, keys: string[]): Promise<void> {
    const wanted = keys.filter((key) => !this.sysctlsSeen.has(key));
    if (wanted.length === 0) return;
    for (const key of wanted) this.sysctlsSeen.add(key);
    await readNamespaceSysctls(
      this.watch.machine.exec,
      namespaces,
      new Map([...namespaces.keys()].map((name) => [name, wanted])),
    );
  }
}
