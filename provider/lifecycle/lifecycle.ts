import { isDeepStrictEqual } from "node:util";
import type { Context, Definition } from "../definition.js";
import { Host, type HostApi, HostMissing, type Work } from "../host/host.js";
import { engine } from "../host/lull.js";
import { Unreachable } from "../host/ssh/failure.js";
import { Refusal, Unreadable } from "../kernel/errors.js";
import { type HostAddress, hostIdentity, identityOf } from "../kernel/host-address.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isOthers, ownerName } from "../ownership/mark.js";
import { argumentsOf, exclude, onlyRenamed, otherStack } from "./changes.js";
import { claim, declare } from "./claims.js";
import { contextOf as contextFor, contextOfCheck, sayTakeover } from "./context.js";
import { type CheckFailure, hasUnknown, type Inputs, parseInputs, type Wish } from "./inputs.js";
import { have, newInstance, successor } from "./instances.js";
import { existsOn, marksOn, mustBeAccepted, planOf, removalOf } from "./needs.js";
import { withNotes } from "./noted.js";
import { checkRights } from "./rights.js";
import { noteStated } from "./stated.js";
import { checkTools } from "./tools.js";

/** What Pulumi's dynamic provider process calls; `pulumi.dynamic.ResourceProvider`, said without importing Pulumi. */
export interface Lifecycle {
  check(olds: Inputs, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  diff(
    id: string,
    olds: Inputs,
    news: Inputs,
  ): Promise<{ changes?: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Inputs }>;
  update(id: string, olds: Inputs, news: Inputs): Promise<{ outs: Inputs }>;
  delete(id: string, olds: Inputs): Promise<void>;
  read(id: string, olds: Inputs): Promise<{ id: string; props: Inputs }>;
}

/** One object a host and process: what it has read is shared by all resources. */
const hosts = new Map<string, Host>();

function hostAt(address: HostAddress): Host {
  const key = JSON.stringify(address);
  const host = hosts.get(key) ?? new Host(address);
  hosts.set(key, host);
  return host;
}

/** More lines about one resource nobody reads; thousands of services may be in one. */
const MOST_SAID = 20;

/** Is a change under way? */
export const anyHostBusy = () => [...hosts.values()].some((host) => host.busy);

/**
 * The six calls of a resource, all from one definition. Create and update are the same: observe, plan, run the steps. Drift is a plan
 * for what the state file says that isn't empty, so `preview` and `up` see it without a refresh.
 */
export function lifecycle<D>(
  definition: Definition<D>,
  hostFor: (address: HostAddress) => HostApi = hostAt,
): Lifecycle {
  const { kind } = definition;

  const contextOf = (wish: Wish<D>, previous?: Inputs): Context =>
    contextFor(kind, wish, hostFor(wish.host).name, previous);

  const marksOf = ({ desired }: Wish<D>, snapshot: Snapshot, context: Context): string[] =>
    marksOn(definition, desired, snapshot, context);

  const thing = (id: string, { owner, host }: Wish<D>) => ({ kind, id, owner, host: hostFor(host).name });

  /** Inputs or old outputs that were checked before. */
  function mustParse(inputs: Inputs): Wish<D> {
    const { wish, failures } = parseInputs(definition, argumentsOf(definition, inputs));
    if (wish) return wish;
    throw new Error(
      `${kind}: ${failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n") || "an argument is not known yet"}`,
    );
  }

  async function ensure(news: Inputs, olds?: Inputs): Promise<{ wish: Wish<D>; outs: Inputs }> {
    const wish = mustParse(news);
    const context = { ...contextOf(wish, olds), writeMarks: true };
    const outputs = await hostFor(wish.host).apply({
      scope: definition.scope(wish.desired),
      direction: "make",
      last: definition.last ?? false,
      holder: `${wish.owner.stack}, ${kind}`,
      plan: (snapshot) => {
        const steps = planOf(definition, wish.desired, snapshot, context);
        sayTakeover(kind, definition.id(wish.desired), hostFor(wish.host), marksOf(wish, snapshot, context), context);
        return { steps, result: definition.outputs(wish.desired, snapshot, context) };
      },
    });
    return { wish, outs: clean({ ...news, ...withNotes(outputs) }) };
  }

  async function refusal(wish: Wish<D>): Promise<CheckFailure[]> {
    // A host over ssh that this run hasn't looked at may be a machine that it is starting: that is
    // asked when it is its turn, before its first step.
    if (wish.host.connection && !hostFor(wish.host).looked) return [];
    try {
      // It is about what others have, so what this run has changed meanwhile doesn't matter. Whoever comes first looks, even if there is nothing to refuse:
      // later the run has things of its own there, which would all be read.
      const snapshot = await hostFor(wish.host).view(definition.scope(wish.desired), "at first");
      const context = contextOf(wish);
      mustBeAccepted(definition, wish.desired, snapshot, context);
      sayTakeover(kind, definition.id(wish.desired), hostFor(wish.host), marksOf(wish, snapshot, context), context);
      return [];
    } catch (error) {
      // A host that isn't there yet is made before this resource.
      if (error instanceof HostMissing) return [];
      if (!(error instanceof Refusal || error instanceof Unreadable)) throw error;
      return [{ property: "name", reason: error.message }];
    }
  }

  async function driftOf(wish: Wish<D>, olds: Inputs, news: Inputs): Promise<string[]> {
    try {
      const snapshot = await hostFor(wish.host).view(definition.scope(wish.desired));
      const steps = planOf(definition, wish.desired, snapshot, contextOfCheck(contextOf(wish, olds), news));
      return [...new Set(steps.map((step: Step) => step.why))];
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof HostMissing)) throw error;
      // Its namespace or its bridge is missing, say: that is drift, and whoever makes it comes first in the same run.
      return [(error as Error).message];
    }
  }

  /** A removal that may have to be taken back looks at all that will have to be made again. */
  function removalSees({ desired, host }: Wish<D>, context: Context): Work<unknown>["sees"] {
    const { removalSees } = definition;
    if (!removalSees || host.rollbackAfterSeconds !== undefined) return undefined;
    return {
      first: removalSees.first(desired),
      more: (snapshot) => removalSees.more?.(desired, snapshot, context) ?? {},
    };
  }

  return {
    check: (olds, news) =>
      engine.answering(async () => {
        noteStated(kind, String(news.__owner), olds.__owner);
        const parsed = parseInputs(definition, news);
        if (!parsed.wish) return { inputs: news, failures: parsed.failures };
        const { wish } = parsed;
        const host = hostIdentity(wish.host);
        const declared = declare(host, definition.declares?.(wish.desired));
        const disagreements = Object.entries(definition.disagrees?.(wish.desired, declared) ?? {});
        const failures = [
          ...(wish.host.connection
            ? []
            : [...(await checkRights()), ...(await checkTools(definition.tools?.(wish.desired)))]),
          ...claim(host, `${kind} "${wish.owner.resource}"`, definition.claims(wish.desired)),
          ...disagreements.map(([property, reason]) => ({ property, reason })),
        ];
        return { inputs: news, failures: failures.length > 0 ? failures : await refusal(wish) };
      }),

    diff: (id, olds, news) =>
      engine.answering(async () => {
        const changed = (key: string, absent?: unknown) =>
          hasUnknown(news[key]) || !isDeepStrictEqual(olds[key] ?? absent, news[key] ?? absent);
        const replaces = [
          ...(hasUnknown(news.host) || identityOf(olds.host) !== identityOf(news.host) ? ["host"] : []),
          ...definition.immutable.filter((key) => changed(key)),
          ...(definition.mustReplace?.(olds, news) ?? []),
        ];
        const { wish } = parseInputs(definition, argumentsOf(definition, olds));
        if (wish) have(thing(id, wish), olds);
        if (replaces.length > 0) return { replaces, deleteBeforeReplace: exclude(definition, wish, news) };
        const drift = [...otherStack(olds, news), ...(wish ? await driftOf(wish, olds, news) : [])];
        const unsaid = drift.length - MOST_SAID;
        for (const why of drift.slice(0, MOST_SAID)) console.log(`${kind} ${String(olds.name)}: ${why}`);
        if (unsaid > 0) console.log(`${kind} ${String(olds.name)}: and ${unsaid} more like these`);
        if (drift.length > 0) return { changes: true };
        // The engine compares inputs itself, and shows what differs. But a resource of another name (an alias) is no other thing.
        return onlyRenamed(definition, olds, news) ? { changes: false } : {};
      }),

    async create(inputs) {
      engine.heard();
      const { wish, outs } = await ensure({ ...inputs, ...newInstance() });
      const id = definition.id(wish.desired);
      have(thing(id, wish), outs);
      return { id, outs };
    },

    async update(id, olds, news) {
      engine.heard();
      const { __instance } = olds;
      const { wish, outs } = await ensure({ ...news, __instance }, olds);
      have(thing(id, wish), outs);
      return { outs };
    },

    async delete(id, olds) {
      engine.heard();
      const wish = mustParse(olds);
      const host = hostFor(wish.host);
      const context = { ...contextOf(wish, olds), deleted: true };
      const present = successor(thing(id, wish), olds);
      try {
        if (present) {
          await ensure(present, olds);
          return;
        }
        const left = await host.apply({
          scope: { ...definition.scope(wish.desired), pieces: true },
          sees: removalSees(wish, context),
          direction: "remove",
          last: false,
          holder: `${wish.owner.stack}, ${kind}`,
          plan: (snapshot) => {
            const other = marksOf(wish, snapshot, context).find((mark) => isOthers(mark, context));
            if (other) console.log(`${kind} ${id}: not removed, for it belongs to ${ownerName(other)}`);
            const steps = removalOf(definition, wish.desired, snapshot, context);
            return { steps, result: definition.leaves?.(wish.desired, snapshot) ?? [] };
          },
          restore: (snapshot) => definition.plan(wish.desired, snapshot, context),
        });
        for (const rule of left) console.log(`${kind} ${id}: left in place, for it bears nobody's mark: ${rule}`);
      } catch (error) {
        // With its namespace went all that was in it.
        if (error instanceof HostMissing) return;
        if (!(error instanceof Unreachable && error.gone && wish.host.onUnreachable === "forget")) throw error;
        console.log(`${kind} ${id}: forgotten, not removed: ${error.message}`);
      }
    },

    async read(id, olds) {
      const wish = mustParse(olds);
      try {
        const snapshot = await hostFor(wish.host).view(definition.scope(wish.desired));
        const isThere = existsOn(definition, wish.desired, snapshot, contextOf(wish, olds));
        return { id: isThere ? id : "", props: olds };
      } catch (error) {
        if (error instanceof HostMissing) return { id: "", props: olds };
        throw error;
      }
    },
  };
}

/** What crosses to the engine is JSON: an undefined in it would fail there, after the effect. */
const clean = (outputs: Inputs): Inputs => JSON.parse(JSON.stringify(outputs)) as Inputs;
