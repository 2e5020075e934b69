import { oldUrns } from "./aliases.js";
import type { Context } from "./context.js";
import { dependentReplacements } from "./dependents.js";
import { ignoreChanges, isReplace, type ResourceDiff, replaceOnChanges, resourceDiff } from "./differ.js";
import { deepEquals } from "./difference.js";
import { Bail } from "./errors.js";
import type { Goal } from "./goal.js";
import { isTriggered, newState, show } from "./goal-state.js";
import {
  createStep,
  deleteReplacedStep,
  deleteStep,
  type Registration,
  replaceSteps,
  type Step,
  sameStep,
  updateStep,
} from "./step.js";
import type { PropertyMap, PropertyValue, ResourceState } from "./types.js";
import { isProviderType, makeUrn, urnName } from "./urn.js";

/**
 * Decides what to do for each resource that the program registers: one at a time, in the order in which they come,
 * since a decision may depend on those before it.
 */
export class Generator {
  private readonly urns = new Set<string>();
  private readonly sames = new Set<string>();
  private readonly creates = new Set<string>();
  private readonly updates = new Set<string>();
  private readonly replaces = new Set<string>();
  /** New URNs by the alias under which the state had them, and the other way round. */
  private readonly aliased = new Map<string, string>();
  private readonly aliases = new Map<string, string>();
  /** Deleted already because something they depend on is deleted before its replacement. */
  readonly pendingDeletes = new Set<ResourceState>();
  private readonly dependentKeys = new Map<string, string[]>();

  constructor(private readonly context: Context) {}

  /** Whether a URN of the state is taken care of, so that it isn't to be deleted. */
  isOperatedOn(urn: string): boolean {
    const now = this.aliased.get(urn) ?? urn;
    return this.sames.has(now) || this.updates.has(now) || this.replaces.has(now);
  }

  async generate(registration: Registration): Promise<Step[]> {
    const { context } = this;
    const { goal } = registration;
    const { stack, project } = context.request;
    if (goal.parent && !this.urns.has(goal.parent)) throw new Error(`could not find parent resource ${goal.parent}`);
    const urn = makeUrn(stack, project.name, goal.parent, goal.type, goal.name);
    if (this.urns.has(urn)) this.bail(urn, `Duplicate resource URN '${urn}'; try giving it a unique name`);
    this.urns.add(urn);

    const { old, alias } = this.findOld(urn, goal);
    context.goals.set(urn, goal);
    const now = newState(urn, goal, old, alias);
    const recreating = context.deletes.has(urn);
    const fresh = recreating || old === undefined || old.external === true || this.mustReplace(old);

    if (goal.custom) {
      const wanted = old
        ? ignoreChanges(context, urn, goal.properties, old.inputs ?? {}, goal.ignoreChanges)
        : goal.properties;
      now.inputs = await this.check(now, fresh ? {} : (old?.inputs ?? {}), fresh ? goal.properties : wanted);
    } else if (old) {
      now.inputs = ignoreChanges(context, urn, goal.properties, old.inputs ?? {}, goal.ignoreChanges);
    }

    if (recreating) {
      context.deletes.delete(urn);
      this.replaces.add(urn);
      return replaceSteps(registration, old!, now, { keys: this.dependentKeys.get(urn) }, false);
    }
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
      // Nothing has changed but the last attempt failed half-way: an update may bring it to its end.
      this.updates.add(urn);
      return [updateStep(registration, old, now, changes)];
    }
    this.sames.add(urn);
    return [sameStep(registration, old, now)];
  }

  private async diff(goal: Goal, old: ResourceState, now: ResourceState): Promise<ResourceDiff> {
    const replacing = (key: string): ResourceDiff => ({ changed: true, replaces: [key] });
    if (this.mustReplace(old)) return replacing("id");
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
    if (goal.custom && !this.mustReplace(old)) now.inputs = await this.check(now, {}, goal.properties);

    const changes = { keys: diff.replaces, diffs: diff.diffs, detailedDiff: diff.detailedDiff };
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      return replaceSteps(registration, old, now, changes, true);
    }
    const steps = await this.deleteDependents(old, urn);
    // One that is pending already was deleted by an earlier run, and goes from the state when its replacement is there.
    if (!old.pendingReplacement) {
      context.deletes.add(old.urn);
      steps.push(deleteReplacedStep(old, true));
    }
    return [...steps, ...replaceSteps(registration, old, now, changes, false)];
  }

  /** What can't live without a resource goes before it; whether it comes again is for the program to say. */
  private async deleteDependents(root: ResourceState, urn: string): Promise<Step[]> {
    const { context } = this;
    const settled = [this.creates, this.sames, this.updates, context.deletes, this.replaces];
    const dependents = await dependentReplacements(context, root, urn, (other) =>
      settled.some((set) => set.has(other)),
    );
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

  private async check(now: ResourceState, olds: PropertyMap, news: PropertyMap): Promise<PropertyMap> {
    if (isProviderType(now.type)) return news;
    const { inputs, failures } = await this.context.provider.check(now.urn, olds, news, this.context.dryRun);
    for (const { property, reason } of failures) {
      const who = `${now.type} resource '${urnName(now.urn)}'`;
      const value = show(news[property] ?? null);
      const text = property
        ? `${who}: property ${property} value {${value}} has a problem: ${reason}`
        : `${who} has a problem: ${reason}`;
      this.context.reporter.diagnostic("error", text, now.urn);
    }
    if (failures.length > 0) throw new Bail(`resource ${now.urn} is invalid`);
    return inputs;
  }

  private findOld(urn: string, goal: Goal): { old?: ResourceState; alias?: string } {
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
      if (reporter.errors > errors) throw new Bail(`resource ${urn} is invalid`);
      return { old: found ? olds.get(found) : undefined };
    }
    const duplicate = (other: string) =>
      `Duplicate resource alias '${found}' applied to resource with URN '${urn}' conflicting with resource with URN '${other}'`;
    if (this.urns.has(found)) reporter.diagnostic("error", duplicate(urn), urn);
    const previous = this.aliased.get(found);
    if (previous) reporter.diagnostic("error", duplicate(previous), urn);
    if (reporter.errors > errors) throw new Bail(`resource ${urn} is invalid`);
    this.aliased.set(found, urn);
    this.aliases.set(urn, found);
    return { old: olds.get(found), alias: found };
  }

  private mustReplace(old: ResourceState): boolean {
    return old.taint === true;
  }

  private bail(urn: string, message: string): never {
    this.context.reporter.diagnostic("error", message, urn);
    throw new Bail(message);
  }
}
