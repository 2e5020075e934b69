import type { HostApi, Work } from "../../provider/host/host.js";
import type { When } from "../../provider/host/sight.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Scope, Snapshot } from "../../provider/kernel/snapshot.js";
import { shownRule } from "../../provider/ownership/comment.js";

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
        this.steps.push(...planned.steps.map(typed));
        return planned;
      },
    });
  }
}

function typed(step: Step): string {
  switch (step.do) {
    case "ip":
      return ["ip", ...(step.namespace ? ["-n", step.namespace] : []), ...step.args].join(" ");
    case "sysctl":
      return `${step.namespace ? `in ${step.namespace}: ` : ""}sysctl ${step.key}=${step.value}`;
    case "resolvConf":
      return `/etc/netns/${step.namespace}/resolv.conf ${step.content === null ? "removed" : "written"}`;
    case "chain":
      return `${step.table} ${step.chain}: ${step.rules?.map(shownRule).join("; ") ?? "removed"}`;
    case "rule":
      return `${step.table} ${step.chain} ${step.at}: ${shownRule(step.rule)}`;
    case "mark":
      return `${step.table} ${step.chain} ${step.mark}: ${shownRule(step.rule)}`;
    case "listedRule":
      return `${step.table} ${step.chain} gone: handle ${step.handle}`;
    case "nat": {
      const { change } = step;
      const [what, wish] = "chain" in change ? ["chain", change.chain] : [`service ${change.service}`, change.held];
      return `nftables ${step.chain} ${what}: ${wish === null ? "removed" : JSON.stringify(wish)}`;
    }
    case "dropEmptyTable":
      return `table ${step.table} removed`;
  }
}
