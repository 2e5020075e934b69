import { isUnclear } from "../kernel/errors.js";
import type { Firewall } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { RuleTool } from "../kernel/steps/row.js";
import { isFirewall, isListedRule, isNat, isRule } from "../kernel/steps/table.js";
import { forgetFlows } from "./conntrack.js";
import type { Exec } from "./exec.js";
import { inPieces, type TaskStep } from "./in-pieces.js";
import { commitFirewall } from "./iptables.js";
import { commitServices, listServices, onNft } from "./nft-services.js";
import { RealChains } from "./nft-tables.js";
import type { Product } from "./product.js";
import { readFirewall } from "./read-firewall.js";
import type { Say } from "./say.js";
import { deleteListed } from "./table-pieces.js";
import { addError, attempt, type Direction, type Task } from "./task.js";

/** A group of operations whose rules are changed. */
export interface RulesGroup {
  exec: Exec;
  tasks: Task[];
  before: Firewalls;
  product: Product;
  say: Say;
}

/** A tool that changes rules in transactions, and the steps that it does. */
interface Tool<S> {
  does(step: Step): boolean;
  /** The part of the rules that it changes. */
  part(rules: Firewalls): S;
  commit(exec: Exec, from: S, to: S, steps: Step[]): Promise<void>;
  /** Looks what is there, for when nobody knows whether a transaction was. */
  read(exec: Exec): Promise<S>;
}

/** What was asked for last: a transaction and the look for stale flows ask for the same. */
const last = new WeakMap<Firewalls, { steps: Step[]; after: Firewalls }>();

/** The rules after steps; those given stay as they are. */
function after(before: Firewalls, all: Step[], product: Product): Firewalls {
  const steps = all.filter((step) => isFirewall(step) || isNat(step));
  const known = last.get(before);
  const begin = known?.steps.every((step, at) => step === steps[at]) ? known : { steps: [], after: before };
  if (begin.steps.length === steps.length && begin === known) return known.after;
  const { firewall, services } = begin.after;
  const model = { firewall, services } as Snapshot;
  product.applySteps(model, steps.slice(begin.steps.length));
  if (steps.length > 0) last.set(before, { steps, after: model });
  return model;
}

const firewall = (does: Tool<Firewall>["does"], say: Say): Tool<Firewall> => ({
  does,
  part: (rules) => rules.firewall,
  commit: (exec, from, to) => commitFirewall(exec, from, to, say),
  read: async (exec) => (await readFirewall(exec, new RealChains(), { pieces: true })).firewall,
});

/** The backends that have tables of their own, for some of their steps. */
const services = ({ backends }: Product, does: Tool<unknown>["does"]): Tool<unknown>[] =>
  onNft(backends).map(({ backend, nft }) => ({
    does: (step) => isNat(step) && step.backend === backend.name && does(step),
    part: (rules) => backend.of(rules),
    commit: (exec, from, to, steps) => commitServices(exec, nft, from, to, steps.filter(isNat)),
    read: async (exec) => (await listServices(exec, [backend])).get(backend.name),
  }));

/** Rules by their handles: nothing is compared, and what is gone already is no error. */
const handles: Tool<undefined> = {
  does: isListedRule,
  part: () => undefined,
  commit: (exec, _from, _to, steps) => deleteListed(exec, steps.filter(isListedRule)),
  read: () => Promise.resolve(undefined),
};

const by = (product: Product, tool: RuleTool) => (step: Step) => product.ruleToolOf(step) === tool;

/** In the order in which they run. */
function toolsOf({ product, say }: RulesGroup): Tool<unknown>[] {
  const tools: { [Name in RuleTool]: unknown[] } = {
    handles: [handles],
    services: services(product, by(product, "services")),
    firewall: [firewall(by(product, "firewall"), say)],
    "services, last": services(product, by(product, "services, last")),
  };
  return Object.values(tools).flat() as Tool<unknown>[];
}

/**
 * One transaction of each tool for all; where that is refused, one for each operation, so that only
 * the wrong one fails.
 */
export async function runFirewall(group: RulesGroup, direction: Direction): Promise<void> {
  const { tasks, before, product } = group;
  for (const tool of toolsOf(group)) await run(tool, group, direction);
  const changed = tasks.filter(({ done }) => done.some(isRule));
  await forgetStale(group, before, after(before, doneBy(changed), product)).catch((error: unknown) => {
    for (const task of changed) addError(task, error);
  });
}

const stepsOf = (task: Task, chosen: (step: Step) => boolean): TaskStep[] =>
  task.steps.filter(chosen).map((step) => ({ task, step }));

const doneBy = (tasks: Task[]) => tasks.flatMap(({ done }) => done);

/** On all backends at once: what moved from one to the other is where it was. */
const forgetStale = ({ exec, product, say }: RulesGroup, before: Firewalls, now: Firewalls) =>
  forgetFlows(exec, product.staleFlows(before, now), say);

async function run<S>(tool: Tool<S>, group: RulesGroup, direction: Direction): Promise<void> {
  const { exec, tasks, before, product } = group;
  const waiting = tasks.filter((task) => (direction === "remove" || !task.error) && task.steps.some(tool.does));
  if (waiting.length === 0) return;
  const partAfter = (steps: Step[]) => tool.part(after(before, steps, product));
  const all = tasks.flatMap(({ steps }) => steps);
  const commit = async (chosen: Task[]) => {
    const isDone = new Set(doneBy(chosen));
    const left = chosen.flatMap((task) => stepsOf(task, (step) => tool.does(step) && !isDone.has(step)));
    await inPieces(exec, left, all, async (from, to) => {
      const piece = left.slice(from, to);
      const steps = piece.map(({ step }) => step);
      const done = doneBy(tasks);
      await commitSurely(tool, exec, partAfter(done), partAfter([...done, ...steps]), steps);
      for (const { task, step } of piece) task.done.push(step);
    });
  };
  try {
    await commit(waiting);
  } catch (error) {
    if (waiting.length === 1 || isUnclear(error)) for (const task of waiting) addError(task, error);
    else for (const task of waiting) await attempt(task, () => commit([task]));
  }
}

/**
 * A tool that was killed may have been heard by the kernel before: what is there then is looked at,
 * and led on from.
 */
async function commitSurely<S>(tool: Tool<S>, exec: Exec, from: S, to: S, steps: Step[]): Promise<void> {
  await tool.commit(exec, from, to, steps).catch(async (error: unknown) => {
    if (!isUnclear(error)) throw error;
    await tool.commit(exec, await tool.read(exec), to, steps);
  });
}

/**
 * Takes the rules of failed operations back, and leaves those of the others of the group. Says what
 * it did.
 */
export async function undoFirewall(group: RulesGroup): Promise<string | undefined> {
  const { tasks, before, product, say } = group;
  const said = [];
  for (const tool of [firewall(by(product, "firewall"), say) as Tool<unknown>, ...services(product, () => true)])
    said.push(await undo(tool, group));
  const kept = tasks.filter(({ error }) => !error);
  const rules = (of: Task[]) => after(before, doneBy(of), product);
  if (said.includes(UNDONE)) await forgetStale(group, rules(tasks), rules(kept)).catch(() => undefined);
  return said.find((each) => each !== undefined && each !== UNDONE) ?? said.find((each) => each !== undefined);
}

const UNDONE = "its firewall rules";

async function undo<S>(tool: Tool<S>, { exec, tasks, before, product }: RulesGroup): Promise<string | undefined> {
  const steps = (of: Task[]) => of.flatMap((task) => task.done.filter(tool.does));
  const done = steps(tasks);
  const kept = steps(tasks.filter(({ error }) => !error));
  const failed = tasks
    .filter(({ error }) => error)
    .flatMap((task) => stepsOf({ ...task, steps: task.done }, tool.does));
  if (failed.length === 0) return undefined;
  const partAfter = (those: Step[]) => tool.part(after(before, those, product));
  /** Those that are left when the last ones of the failed are taken back. */
  const left = (back: number) => [...kept, ...failed.slice(0, failed.length - back).map(({ step }) => step)];
  const takeBack = (from: number, to: number) =>
    tool.commit(exec, partAfter(from === 0 ? done : left(from)), partAfter(left(to)), done);
  return await inPieces(exec, failed.toReversed(), done, takeBack).then(
    () => UNDONE,
    (error: Error) => `NOT undone: ${error.message}`,
  );
}
