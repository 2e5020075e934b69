import type { Definition } from "../definition.js";
import type { HostApi } from "../host/host.js";
import { hostIdentity } from "../kernel/host-address.js";
import type { Step } from "../kernel/plan.js";
import type { Scope, Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { isOf, markOf, ownerName } from "../ownership/mark.js";
import { argumentsOf } from "./changes.js";
import { ownerIn } from "./context.js";
import { type Inputs, parseInputs, type Wish } from "./inputs.js";
import type { Instance } from "./instances.js";
import { marksOn } from "./needs.js";
import type { Run } from "./run.js";
import { parseState, unreadableState } from "./state.js";

/** A kind of resource in a run: what the calls of its lifecycle have in common. */
export class Resource<D, S extends Noted> {
  constructor(
    readonly run: Run,
    readonly definition: Definition<D, S>,
  ) {}

  get kind(): string {
    return this.definition.kind;
  }

  hostOf({ host }: Wish<D>): HostApi {
    return this.run.hostAt(host);
  }

  /** What a plan may know of a resource; `previous` is what the state file has of it. */
  contextOf(wish: Wish<D>, previous?: Inputs): Context<S> {
    const { owner, adopt } = wish;
    const former = ownerIn(previous) ?? this.run.stated.statedOwner(this.kind, owner);
    const mark = markOf(owner);
    const formerMark = former && markOf(former);
    return {
      owner,
      host: this.hostOf(wish).name,
      mark,
      adopt,
      declared: this.run.claims.declaredOn(hostIdentity(wish.host)),
      previous: previous && parseState(this.definition, previous),
      ...(formerMark !== mark && { formerMark }),
    };
  }

  marksOf({ desired }: Wish<D>, snapshot: Snapshot, context: Context<S>): string[] {
    return marksOn(this.definition, desired, snapshot, context);
  }

  /** The steps that take out of it what this stack made there and has no resource for. */
  straysIn({ desired }: Wish<D>, snapshot: Snapshot, context: Context<S>): Step[] {
    const resources = this.run.resources.whenLooking();
    return (resources && this.definition.strays?.(desired, snapshot, { ...context, resources })) ?? [];
  }

  /** What it looks at, and what of others may be on it, for a look at what goes with it. */
  scopeAround({ desired }: Wish<D>): Scope {
    const { scope, mustBeUnused } = this.definition;
    return { ...scope(desired), around: mustBeUnused !== undefined };
  }

  /** How others that wait for the host's lock are told of it. */
  holderOf({ owner }: Wish<D>): string {
    return `${owner.stack}, ${this.kind}`;
  }

  thing(id: string, wish: Wish<D>): Instance {
    return { kind: this.kind, id, owner: wish.owner, host: this.hostOf(wish).name };
  }

  /** A resource as the state file has it. Throws where that can't be read. */
  formerOf(olds: Inputs): Wish<D> {
    return this.parsed(olds, (problems) => unreadableState(`${this.kind} ${String(olds.name)}`, problems));
  }

  /** Inputs that were checked before, or the outputs of this run. */
  mustParse(inputs: Inputs): Wish<D> {
    return this.parsed(
      inputs,
      (problems) => new Error(`${this.kind}: ${problems.join("\n") || "an argument is not known yet"}`),
    );
  }

  private parsed(inputs: Inputs, wrong: (problems: string[]) => Error): Wish<D> {
    const { wish, failures } = parseInputs(this.definition, argumentsOf(this.definition, inputs));
    if (wish) return wish;
    throw wrong(failures.map(({ property, reason }) => `${property}: ${reason}`));
  }

  /**
   * Says, once a run, that a resource which the state file doesn't have takes over what bears its
   * mark.
   */
  sayTakeover(wish: Wish<D>, snapshot: Snapshot, context: Context<S>): void {
    if (context.previous || this.run.stated.statedOwner(this.kind, context.owner)) return;
    const mark = this.marksOf(wish, snapshot, context).find((each) => isOf(each, context));
    if (mark === undefined) return;
    const what = `${this.kind} ${this.definition.id(wish.desired)}`;
    this.run.sayOnce(
      `takeover of ${what} on ${this.hostOf(wish).name}`,
      `${what}: is there already and bears this resource's mark (${ownerName(mark)}), but is not in the state, as after a run that was killed: taken over`,
    );
  }
}
