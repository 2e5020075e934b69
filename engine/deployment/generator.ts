import { deepEquals } from "../model/difference.js";
import { Bail, USE_THE_CLI } from "../model/errors.js";
import { dependenciesOf } from "../model/resource-state.js";
import type { PropertyValue, ResourceState } from "../model/types.js";
import type { Goal } from "../protocol/goal.js";
import { check } from "./check.js";
import type { Context } from "./context.js";
import { dependentReplacements } from "./dependents.js";
import { isReplace, type ResourceDiff, replaceOnChanges, resourceDiff } from "./differ.js";
import { isTriggered, newState } from "./goal-state.js";
import { wantedInputs } from "./inputs.js";
import { Registry } from "./registry.js";
import {
  createStep,
  deleteReplacedStep,
  deleteStep,
  type Registration,
  readStep,
  replaceSteps,
  type Step,
  sameStep,
  skippedCreateStep,
  untargetedStep,
  updateStep,
} from "./step.js";

/**
 * Decides what to do for each resource that the program registers. It takes one at a time, in the
 * order in which they come, since a decision may depend on earlier ones.
 */
export class Generator {
  private readonly sames = new Set<string>();
  private readonly creates = new Set<string>();
  private readonly updates = new Set<string>();
  private readonly replaces = new Set<string>();
  /** Not there, and not made, since they are no targets. */
  private readonly skippedCreates = new Set<string>();
  /** Deleted already because something they depend on is deleted before its replacement. */
  readonly pendingDeletes = new Set<ResourceState>();
  private readonly dependentKeys = new Map<string, string[]>();

  private readonly registry: Registry;

  constructor(private readonly context: Context) {
    this.registry = new Registry(context);
  }

  /** Whether a URN of the state is taken care of, so that it isn't to be deleted. */
  isOperatedOn(urn: string): boolean {
    const now = this.registry.nowOf(urn);
    return this.sames.has(now) || this.updates.has(now) || this.replaces.has(now);
  }

  /** Whether the program has registered a resource, or one that it has needs it. */
  isKnown(urn: string): boolean {
    return this.registry.has(urn);
  }

  private isDecided(urn: string): boolean {
    return [this.creates, this.sames, this.updates, this.replaces, this.context.deletes].some((set) => set.has(urn));
  }

  /**
   * The steps for a registration. Throws a Bail where they need a resource that is no target and
   * isn't there.
   */
  async generate(registration: Registration): Promise<Step[]> {
    const steps = await this.decide(registration);
    for (const step of steps) {
      if (!step.new || step.skippedCreate) continue;
      for (const { urn } of dependenciesOf(step.new)) {
        if (!this.skippedCreates.has(urn)) continue;
        const text = `Resource '${step.urn}' depends on '${urn}' which was was not specified in --target list.`;
        this.context.reporter.diagnostic("error", text, step.urn);
        if (!this.context.dryRun) throw new Bail("untargeted create");
        this.skippedCreates.delete(urn);
      }
    }
    return steps;
  }

  private async decide(registration: Registration): Promise<Step[]> {
    const { context } = this;
    const { goal } = registration;
    const { urn, old, alias, invalid } = this.registry.register(goal);
    context.goals.set(urn, goal);
    const now = newState(urn, goal, old, alias);
    if (goal.read) return this.read(registration, old, now);
    const recreating = context.deletes.has(urn);
    const fresh = recreating || old === undefined || old.external === true || this.mustReplace(urn, old);
    const targeted = context.targets.includes(now);

    now.inputs = targeted || !goal.custom ? await wantedInputs(context, goal, old, now, fresh) : old?.inputs;
    if (invalid) throw new Bail(`resource ${urn} is invalid`);
    if (recreating) {
      context.deletes.delete(urn);
      this.replaces.add(urn);
      const [replace, create] = replaceSteps(registration, old!, now, {}, false);
      return [replace!, { ...create!, keys: this.dependentKeys.get(urn) }];
    }
    if (!targeted) return old ? this.leave(old, registration, urn) : this.skip(registration, now);
    if (!old) {
      this.creates.add(urn);
      return [createStep(registration, now)];
    }
    if (old.external) {
      this.creates.add(urn);
      return replaceSteps(registration, old, now, {}, true);
    }
    return this.compare(registration, old, now);
  }

  private read(registration: Registration, old: ResourceState | undefined, now: ResourceState): Step[] {
    if (old && !old.external)
      throw new Error(`'${now.urn}' was managed by this stack and is only read now; ${USE_THE_CLI}`);
    this.sames.add(now.urn);
    return [readStep(registration, old, now)];
  }

  private skip(registration: Registration, now: ResourceState): Step[] {
    this.sames.add(now.urn);
    this.skippedCreates.add(now.urn);
    return [skippedCreateStep(registration, now)];
  }

  /**
   * What is no target stays as it is, and so do its dependencies. The program may have dropped
   * them, and a state lists dependencies first.
   */
  private leave(old: ResourceState, registration?: Registration, urn = old.urn): Step[] {
    if (old.delete) return [];
    for (const one of [urn, old.urn]) this.sames.add(one);
    this.registry.add(old.urn);
    const steps: Step[] = [];
    for (const { kind, urn: needed } of dependenciesOf(old)) {
      if (this.isDecided(needed) || (kind === "provider" && this.isOperatedOn(needed))) continue;
      const state = this.context.olds.get(needed);
      if (state) steps.push(...this.leave(state));
      else if (kind !== "provider") throw new Bail(`${kind} ${needed} of untargeted resource ${urn} has no old state`);
    }
    return [...steps, untargetedStep(old, registration)];
  }

  /** A resource that is in the state: the same, an update, or a replacement. */
  private async compare(registration: Registration, old: ResourceState, now: ResourceState): Promise<Step[]> {
    const { goal } = registration;
    const { urn } = now;
    const broken = (old.initErrors ?? []).length > 0;
    const triggered = isTriggered(old.replacementTrigger as PropertyValue, goal.replacementTrigger);
    const found = triggered ? { changed: true, replaces: [] } : await this.diff(goal, old, now);
    const diff = replaceOnChanges(found, goal.replaceOnChanges, broken);
    const changes = { keys: diff.replaces, diffs: diff.diffs, detailedDiff: diff.detailedDiff };

    if (diff.changed || old.pendingReplacement) {
      if (isReplace(diff) || old.pendingReplacement || triggered) return this.replace(registration, old, now, diff);
      this.updates.add(urn);
      return [updateStep(registration, old, now, changes)];
    }
    if (broken) {
      // Nothing has changed, but the last attempt failed half-way: an update may finish it.
      this.updates.add(urn);
      return [updateStep(registration, old, now, changes)];
    }
    this.sames.add(urn);
    return [sameStep(registration, old, now)];
  }

  private async diff(goal: Goal, old: ResourceState, now: ResourceState): Promise<ResourceDiff> {
    const replacing = (key: string): ResourceDiff => ({ changed: true, replaces: [key] });
    if (this.mustReplace(now.urn, old)) return replacing("id");
    if (goal.replaceWith.some((urn) => this.replaces.has(urn))) return replacing("replaceWith");
    if (goal.deletedWith && this.replaces.has(goal.deletedWith)) return replacing("deletedWith");
    if ((old.provider === undefined) !== (now.provider === undefined)) return replacing("provider");
    if (!goal.custom) return { changed: !deepEquals(old.inputs ?? {}, now.inputs ?? {}), replaces: [] };
    return resourceDiff(this.context, old, now.inputs ?? {}, goal.ignoreChanges, this.context.dryRun);
  }

  private async replace(
    registration: Registration,
    old: ResourceState,
    now: ResourceState,
    diff: ResourceDiff,
  ): Promise<Step[]> {
    const { context } = this;
    const { goal } = registration;
    const { urn } = now;
    if (now.protect && old.protect) {
      const message =
        `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
        "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`";
      // A preview goes on, so that the difference is seen that caused it.
      if (context.dryRun) context.reporter.diagnostic("error", message, urn);
      else this.bail(urn, message);
    }
    this.replaces.add(urn);
    // The first check took over defaults from the old resource, which don't hold for a new one.
    if (goal.custom && !this.mustReplace(urn, old)) now.inputs = await check(context, now, {}, goal.properties);

    const changes = { keys: diff.replaces, diffs: diff.diffs, detailedDiff: diff.detailedDiff };
    const before = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
    if (!before) return replaceSteps(registration, old, now, changes, !old.pendingReplacement);
    const steps = await this.deleteDependents(old, urn);
    if (!old.pendingReplacement) {
      context.deletes.add(old.urn);
      steps.push(deleteReplacedStep(old, true));
    }
    return [...steps, ...replaceSteps(registration, old, now, changes, false)];
  }

  /** What can't live without a resource goes before it. The program may register it again. */
  private async deleteDependents(root: ResourceState, urn: string): Promise<Step[]> {
    const { context } = this;
    const dependents = await dependentReplacements(context, root, urn, (other) => this.isDecided(other));
    const steps: Step[] = [];
    for (const { state, keys } of dependents.reverse()) {
      if (this.pendingDeletes.has(state)) continue;
      this.dependentKeys.set(state.urn, keys);
      if (state.delete) steps.push(deleteStep(state));
      else {
        if (state.protect) {
          this.bail(
            urn,
            `unable to replace resource "${state.urn}" as part of replacing "${urn}" as it is currently marked for protection. ` +
              "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run " +
              `\`pulumi up\`, or use the command:\n\`pulumi state unprotect '${state.urn}'\``,
          );
        }
        steps.push(deleteReplacedStep(state, true));
      }
      context.deletes.add(state.urn);
      this.pendingDeletes.add(state);
    }
    return steps;
  }

  private mustReplace(urn: string, old: ResourceState): boolean {
    return this.context.targets.isReplaced(urn) || old.taint === true;
  }

  private bail(urn: string, message: string): never {
    this.context.reporter.diagnostic("error", message, urn);
    throw new Bail(message);
  }
}
