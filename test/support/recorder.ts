import type { HostApi } from "../../provider/host/host.js";
import type { When } from "../../provider/host/sight.js";
import type { Work } from "../../provider/host/work.js";
import { shownRule } from "../../provider/kernel/iptables/rule-comment.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";
import type { Scope, Snapshot } from "../../provider/kernel/snapshot.js";
import { isFirewall, isNat, printed } from "../../provider/kernel/steps/table.js";
import { applyStep } from "../../provider/services/steps.js";

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
        const model = { ...snapshot };
        for (const step of planned.steps) {
          const before = model.firewall;
          if (isFirewall(step) || isNat(step)) applyStep(model, step);
          this.steps.push(...(isNat(step) ? changes(before, model.firewall) : [printed(step)]));
        }
        return planned;
      },
    });
  }
}

/** The rules that a change of a NatChain comes to. */
function changes(before: Firewall, after: Firewall): string[] {
  return [...after].flatMap(([table, chains]) =>
    [...chains]
      .filter(([chain, { rules }]) => before.get(table)?.get(chain)?.rules !== rules)
      .flatMap(([chain, { rules }]) => {
        const found = before.get(table)?.get(chain)?.rules ?? [];
        if (/-(SVC|SEP)-/.test(chain)) return [`${table} ${chain}: ${rules.map(shownRule).join("; ")}`];
        const gone = found.filter((rule) => !rules.includes(rule));
        const first = rules.findIndex((rule) => found.includes(rule));
        return [
          ...gone.map((rule) => `${table} ${chain} gone: ${shownRule(rule)}`),
          ...rules.flatMap((rule, at) =>
            found.includes(rule) ? [] : [`${table} ${chain} ${at < first ? "first" : "last"}: ${shownRule(rule)}`],
          ),
        ];
      }),
  );
}
