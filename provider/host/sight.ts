import type { Scope, Snapshot } from "../kernel/snapshot.js";
import type { Machine } from "./machine.js";
import type { RealChains } from "./nft-tables.js";
import { observe } from "./observe.js";
import { isEmpty, merge, overlap, union, without } from "./scope.js";
import { readNamespaceSysctls } from "./sysctls.js";

/** `now`: as it is, what this run has changed included. `at first`: that may be missing. */
export type When = "now" | "at first";

/**
 * What a run knows of a host: read as a whole once, and shared, since the engine calls check and diff one after the other, for each resource.
 * What this process changes is read anew when somebody looks there, once a change.
 */
export class Sight {
  private seen?: Promise<Snapshot>;
  /** Keys of namespaces' sysctls in `seen`. */
  private readonly sysctlsSeen = new Set<string>();
  /** What this process has changed since it was read. */
  private stale: Scope = {};
  private changesBegun = 0;
  private changesEnded = 0;

  constructor(
    private readonly machine: Machine,
    private readonly chains: RealChains,
  ) {}

  get looked(): boolean {
    return this.seen !== undefined;
  }

  /** The host where `scope` says. */
  async look(scope: Scope, when: When = "now"): Promise<Snapshot> {
    if (!this.seen) {
      this.chains.forget();
      // Not amid the change of another run (the provider of a killed engine finishes what it has begun): that would be taken for drift, or missed.
      this.seen = this.machine.locked("a look at the host", () => observe(this.machine, "all", this.chains));
    }
    const snapshot = await this.seen;
    if (when === "at first") return snapshot;
    await this.addSysctls(snapshot, Object.values(scope.namespaceSysctls ?? {}).flat());
    const again = overlap(this.stale, scope);
    if (scope.sysctls?.some((key) => !snapshot.sysctls.has(key))) again.sysctls = scope.sysctls;
    const keys = [...this.sysctlsSeen];
    again.namespaceSysctls = Object.fromEntries((again.namespaces ?? []).map((name) => [name, keys]));
    return isEmpty(again) ? snapshot : await this.lookAgain(snapshot, again);
  }

  /** What is read while nothing changes holds until something does. */
  private async lookAgain(snapshot: Snapshot, scope: Scope): Promise<Snapshot> {
    const began = this.changesEnded;
    const fresh = await observe(this.machine, scope, this.chains);
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

  /** Keys that nobody has asked for before are read of all namespaces at once: whoever sets one mostly sets it in each. */
  private async addSysctls({ namespaces }: Snapshot, keys: string[]): Promise<void> {
    const wanted = keys.filter((key) => !this.sysctlsSeen.has(key));
    if (wanted.length === 0) return;
    for (const key of wanted) this.sysctlsSeen.add(key);
    await readNamespaceSysctls(
      this.machine.exec,
      namespaces,
      new Map([...namespaces.keys()].map((name) => [name, wanted])),
    );
  }
}
