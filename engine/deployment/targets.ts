import { dependenciesOf } from "../model/resource-state.js";
import type { ResourceState, Scope } from "../model/types.js";
import { isProviderType, qualifiedType, STACK_TYPE } from "../model/urn.js";

/** URNs, given one by one or by patterns. */
class UrnSet {
  private readonly literals: Set<string>;
  private readonly patterns: RegExp[];

  constructor(texts: string[] = []) {
    this.literals = new Set(texts.filter((text) => !text.includes("*")));
    this.patterns = texts.filter((text) => text.includes("*")).map(toPattern);
  }

  get given(): boolean {
    return this.literals.size > 0 || this.patterns.length > 0;
  }

  /** Those that must be somewhere: a pattern may match nothing. */
  get urns(): string[] {
    return [...this.literals];
  }

  has(urn: string): boolean {
    return this.literals.has(urn) || this.patterns.some((pattern) => pattern.test(urn));
  }

  add(urn: string): void {
    this.literals.add(urn);
  }
}

function toPattern(text: string): RegExp {
  const quote = (part: string) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const across = text.split("**").map((part) => part.split("*").map(quote).join("[^:]*"));
  return new RegExp(`^${across.join(".*")}$`);
}

/** Whether a resource is in a set, or, by what it depends on, comes into it. */
function drawn(set: UrnSet, state: ResourceState, dependents: boolean): boolean {
  if (set.has(state.urn)) return true;
  if (!dependents || !dependenciesOf(state).some(({ urn }) => set.has(urn))) return false;
  set.add(state.urn);
  return true;
}

/** The ways in which an operation is limited. */
export type Named = "targets" | "excludes" | "replaces";

/** What one run is limited to: `--target`, `--exclude` and `--replace` with what they draw in. */
export class Targets {
  private readonly only: UrnSet;
  private readonly not: UrnSet;
  private readonly replaced: UrnSet;
  /** Whether what depends on a target, or on what is left out, goes with it. */
  readonly withDependents: boolean;
  private readonly withoutDependents: boolean;

  constructor(private readonly scope: Scope = {}) {
    this.only = new UrnSet(scope.targets);
    this.not = new UrnSet(scope.excludes);
    this.replaced = new UrnSet(scope.replaces);
    this.withDependents = scope.targetDependents ?? false;
    this.withoutDependents = scope.excludeDependents ?? false;
  }

  /**
   * Whether there are targets. Then it is an error if they need what isn't there, or if others
   * would go with them.
   */
  get given(): boolean {
    return this.only.given;
  }

  /** Whether there is anything that is left alone. */
  get limited(): boolean {
    return this.only.given || this.not.given;
  }

  /** Whether a resource is to be replaced in any case. */
  isReplaced(urn: string): boolean {
    return this.replaced.has(urn);
  }

  isNamed(urn: string): boolean {
    return this.only.has(urn);
  }

  /** Whether a resource is left out; asked for each in the order of a state. */
  isExcluded(state: ResourceState): boolean {
    return drawn(this.not, state, this.withoutDependents);
  }

  /**
   * Whether a resource is worked on. It is asked in the order of a state, so a dependent of one
   * that is drawn in is drawn in too. Providers and the stack's root always are, when the program
   * registers them.
   */
  includes(state: ResourceState): boolean {
    const { urn, type } = state;
    const always = isProviderType(type) || qualifiedType(urn) === STACK_TYPE;
    return always || this.reaches(state);
  }

  /** The same for a refresh, which reads nothing that wasn't asked for. */
  reaches(state: ResourceState): boolean {
    if (this.only.given) return drawn(this.only, state, this.withDependents);
    if (this.not.given) return !drawn(this.not, state, this.withoutDependents);
    return true;
  }

  /** A fresh start: what was drawn in by a refresh isn't by what comes after it. */
  again(): Targets {
    return new Targets(this.scope);
  }

  /** What was named of a kind, URN by URN. */
  named(kind: Named): string[] {
    return { targets: this.only, excludes: this.not, replaces: this.replaced }[kind].urns;
  }
}
