import type { Definition } from "../../provider/definition.js";
import { printSave } from "../../provider/kernel/iptables/iptables-save.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import type { Context } from "../../provider/ownership/context.js";
import { markOf } from "../../provider/ownership/mark.js";
import { applyStep } from "../../provider/services/steps.js";

type Inputs = Record<string, unknown>;

/** A host that is a model only; everything is planned on it and run on it, as in one group of operations. */
export class Planner {
  host: Snapshot = {
    links: new Map(),
    routes: [],
    namespaces: new Map(),
    resolvConfs: new Map(),
    firewall: new Map(),
    services: new Map(),
    sysctls: new Map(),
    machineId: "m",
  };

  context(resource: string, previous?: Inputs, adopt = false, stack = "p/s"): Context {
    const owner = { stack, resource };
    return { owner, host: "here", mark: markOf(owner), adopt, ...(previous && { previous }) };
  }

  /** The steps that a resource needs now; `previous` is its state, when it has one. */
  plan<D>(definition: Definition<D>, inputs: Inputs, context: Context): Step[] {
    return definition.plan(definition.schema.parse(inputs), this.host, context);
  }

  /** Creates or updates, and gives the state. */
  up<D>(definition: Definition<D>, inputs: Inputs, context: Context): Inputs {
    const desired = definition.schema.parse(inputs);
    const steps = definition.plan(desired, this.host, { ...context, writeMarks: true });
    const state = { ...inputs, ...definition.outputs(desired, this.host, context) };
    this.run(steps);
    return state;
  }

  down<D>(definition: Definition<D>, inputs: Inputs, context: Context): void {
    this.run(definition.remove(definition.schema.parse(inputs), this.host, { ...context, deleted: true }));
  }

  run(steps: Step[]): void {
    this.host = { ...this.host };
    for (const step of steps) applyStep(this.host, step);
  }

  /** The -A lines without comments, as the article shows them. */
  rules(): string[] {
    return printSave(this.host.firewall)
      .split("\n")
      .filter((line) => line.startsWith("-A"))
      .map((line) => line.replace(/ -m comment --comment ("(\\.|[^"\\])*"|\S+)/, ""));
  }
}
