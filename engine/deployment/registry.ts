import { Bail } from "../model/errors.js";
import type { ResourceState } from "../model/types.js";
import { makeUrn } from "../model/urn.js";
import type { Goal } from "../protocol/goal.js";
import { oldUrns } from "./aliases.js";
import type { Context } from "./context.js";

interface Found {
  old?: ResourceState;
  /** The URN under which the state has it, when it is another one. */
  alias?: string;
  invalid: boolean;
}

/** What the program has registered so far, and which resource of the state each of it is. */
export class Registry {
  private readonly urns = new Set<string>();
  /** New URNs by the alias under which the state had them, and the other way round. */
  private readonly aliased = new Map<string, string>();
  private readonly aliases = new Map<string, string>();

  constructor(private readonly context: Context) {}

  has(urn: string): boolean {
    return this.urns.has(urn);
  }

  add(urn: string): void {
    this.urns.add(urn);
  }

  /** The URN of this run for one of the state. */
  nowOf(urn: string): string {
    return this.aliased.get(urn) ?? urn;
  }

  /**
   * Gives a goal its URN, and finds what the state has of it. `invalid` where two claim the same by
   * alias; that has been reported.
   */
  register(goal: Goal): { urn: string } & Found {
    const { request, reporter } = this.context;
    const { stack, project } = request;
    if (goal.parent && !this.urns.has(goal.parent)) throw new Error(`could not find parent resource ${goal.parent}`);
    const urn = makeUrn(stack, project.name, goal.parent, goal.type, goal.name);
    if (this.urns.has(urn)) {
      const message = `Duplicate resource URN '${urn}'; try giving it a unique name`;
      reporter.diagnostic("error", message, urn);
      throw new Bail(message);
    }
    this.urns.add(urn);
    return { urn, ...this.find(urn, goal) };
  }

  private find(urn: string, goal: Goal): Found {
    const { olds, request, reporter } = this.context;
    const place = { stack: request.stack, project: request.project.name, type: goal.type, name: goal.name };
    const others = oldUrns(goal.aliases, {
      ...place,
      parent: goal.parent,
      aliasOf: (other) => this.aliases.get(other),
    });
    const errors = reporter.errors;
    const taken = this.aliased.get(urn);
    if (taken) {
      const text = `Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${taken}'`;
      reporter.diagnostic("error", text, urn);
    }
    // The URN itself comes first: an alias must not take a resource that has its own name.
    const found = [urn, ...others].find((other) => olds.has(other));
    if (found === undefined || found === urn) {
      return { old: found ? olds.get(found) : undefined, invalid: reporter.errors > errors };
    }
    const duplicate = (other: string) =>
      `Duplicate resource alias '${found}' applied to resource with URN '${urn}' conflicting with resource with URN '${other}'`;
    if (this.urns.has(found)) reporter.diagnostic("error", duplicate(urn), urn);
    const previous = this.aliased.get(found);
    if (previous) reporter.diagnostic("error", duplicate(previous), urn);
    const invalid = reporter.errors > errors;
    this.aliased.set(found, urn);
    this.aliases.set(urn, found);
    return { old: olds.get(found), alias: found, invalid };
  }
}
