import type { HostApi, Work } from "../../provider/host/host.js";
import type { When } from "../../provider/host/sight.js";
import type { Scope, Snapshot } from "../../provider/kernel/snapshot.js";
import { printed } from "../../provider/kernel/steps/table.js";

/** A host that writes down which steps were run on it, as a person would type them. */
export class Recorder implements HostApi {
  readonly steps: string[] = [];

  constructor(private readonly host: HostApi) {}

  get name(): string {
    return this.host.name;
  }

  get pauses() {
    return this.host.pauses;
  }

  view(scope: Scope, when?: When): Promise<Snapshot> {
    return this.host.view(scope, when);
  }

  apply<T>(work: Work<T>): Promise<T> {
    return this.host.apply({
      ...work,
      plan: (snapshot) => {
        const planned = work.plan(snapshot);
        this.steps.push(...planned.steps.map(printed));
        return planned;
      },
    });
  }
}
