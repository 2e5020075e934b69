import type { Definition } from "../../provider/definition.js";
import { printSave } from "../../provider/kernel/iptables/iptables-save.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import type { Context, Noted } from "../../provider/ownership/context.js";
import { markOf } from "../../provider/ownership/mark.js";
import { applyStep } from "../../provider/services/steps.js";
import { emptySnapshot } from "./fake-host.js";

type Inputs = Record<string, unknown>;

/** A context with a state as the state file has it. */
type Written = Context<Noted & Inputs>;

/** A host that is only a model: all is planned and run on it, as in one group of operations. */
export class Planner {
  host: Snapshot = { ...emptySnapshot(), sysctls: new Map(), machineId: "m" };

  context(resource: string, previous?: Inputs, adopt = false, stack = "p/s"): Written {
    const owner = { stack, resource };
    return { owner, host: "here", mark: markOf(owner), adopt, ...(previous && { previous }) };
  }

  /** The steps that a resource needs now; `previous` is its state, when it has one. */
  plan<D, S extends Noted>(definition: Definition<D, S>, inputs: Inputs, context: Written): Step[] {
    return definition.plan(definition.schema.parse(inputs), this.host, read(definition, context));
  }

  /** Creates or updates, and gives the state. */
  up<D, S extends Noted>(definition: Definition<D, S>, inputs: Inputs, context: Written): Inputs {
    const steps = this.plan(definition, inputs, { ...context, writeMarks: true });
    const state = { ...inputs, ...this.outputs(definition, inputs, context) };
    this.run(steps);
    return state;
  }

  outputs<D, S extends Noted>(definition: Definition<D, S>, inputs: Inputs, context: Written): Inputs {
    return definition.outputs(definition.schema.parse(inputs), this.host, read(definition, context));
  }

  down<D, S extends Noted>(definition: Definition<D, S>, inputs: Inputs, context: Written): void {
    const gone = { ...read(definition, context), deleted: true };
    this.run(definition.remove(definition.schema.parse(inputs), this.host, gone));
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

/** What of a definition says how its state is read. */
type Stated<S extends Noted> = Pick<Definition<unknown, S>, "state">;

/** The context with the state as a definition has it. */
const read = <S extends Noted>({ state }: Stated<S>, { previous, ...context }: Written): Context<S> => ({
  ...context,
  ...(previous && { previous: state.parse(previous) }),
});
