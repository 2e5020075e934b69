import { isUnclear } from "../kernel/errors.js";
import type { Firewall } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { RuleTool } from "../kernel/steps/row.js";
import { isFirewall, isListedRule, isNat, isRule } from "../kernel/steps/table.js";
import { staleFlows } from "../services/flows.js";
import { applySteps, ruleToolOf } from "../services/steps.js";
import { forgetFlows } from "./conntrack.js";
import type { Exec } from "./exec.js";
import { commitFirewall } from "./iptables.js";
import { RealChains } from "./nft-tables.js";
import { readFirewall } from "./read-firewall.js";
import { listServices, serviceTools } from "./services.js";
import { deleteListed } from "./table-pieces.js";
import { addError, attempt, type Direction, type Task } from "./task.js";

/** A tool that changes rules in transactions, and the steps that it does. */
interface Tool<S> {
  does(step: Step): boolean;
  /** The state after steps; the one given stays as it is. */
  after(before: Firewalls, steps: Step[]): S;
  commit(exec: Exec, from: S, to: S, steps: Step[]): Promise<void>;
  /** Looks what is there, for when nobody knows whether a transaction was. */
  read(exec: Exec): Promise<S>;
}

/** What was asked for last: a transaction and the look for stale flows ask for the same. */
const last = new WeakMap<Firewalls, { steps: Step[]; after: Firewalls }>();

/** The rules after steps; those given stay as they are. */
function after(before: Firewalls, all: Step[]): Firewalls {
  const steps = all.filter((step) => isFirewall(step) || isNat(step));
  const known = last.get(before);
  if (known?.steps.length === steps.length && steps.every((step, at) => step === known.steps[at])) return known.after;
  const model = { firewall: before.firewall, services: before.services } as Snapshot;
  applySteps(model, steps);
  if (steps.length > 0) last.set(before, { steps, after: model });
  return model;
}

const of = (tool: RuleTool) => (step: Step) => ruleToolOf(step) === tool;

const firewall: Tool<Firewall> = {
  does: of("firewall"),
  after: (before, steps) => after(before, steps).firewall,
  commit: commitFirewall,
  read: async (exec) => (await readFirewall(exec, new RealChains(), { pieces: true })).firewall,
};

/** The tools of the backends that aren't in the firewall, for some of their steps. */
const services = (some: (step: Step) => boolean): Tool<unknown>[] =>
  serviceTools.map(([name, tool]) => ({
    does: (step) => isNat(step) && step.backend === name && some(step),
    after: (before, steps) => after(before, steps).services.get(name) ?? new Map(),
    commit: (exec, from, to, steps) => tool.commit(exec, from, to, steps.filter(isNat)),
    read: async (exec) => (await listServices(exec)).get(name),
  }));

/** Rules by their handles: nothing is compared, and what is gone already is no error. */
const handles: Tool<undefined> = {
  does: isListedRule,
  after: () => undefined,
  commit: (exec, _from, _to, steps) => deleteListed(exec, steps.filter(isListedRule)),
  read: () => Promise.resolve(undefined),
};

/** In the order in which they run. */
const TOOLS: { [Name in RuleTool]: unknown[] } = {
  handles: [handles],
  services: services(of("services")),
  firewall: [firewall],
  "services, last": services(of("services, last")),
};

/**
 * One transaction of each tool for all; where that is refused, one for each operation, so that only
 * the wrong one fails.
 */
export async function runFirewall(exec: Exec, tasks: Task[], before: Firewalls, direction: Direction): Promise<void> {
  for (const tool of Object.values(TOOLS).flat()) await run(tool as Tool<unknown>, exec, tasks, before, direction);
  const changed = tasks.filter(({ done }) => done.some(isRule));
  await forgetStale(exec, before, after(before, doneBy(changed))).catch((error: unknown) => {
    for (const task of changed) addError(task, error);
  });
}

const doneBy = (tasks: Task[]) => tasks.flatMap(({ done }) => done);

/** On all backends at once: what moved from one to the other is where it was. */
const forgetStale = (exec: Exec, before: Firewalls, now: Firewalls) => forgetFlows(exec, staleFlows(before, now));

async function run<S>(
  tool: Tool<S>,
  exec: Exec,
  tasks: Task[],
  before: Firewalls,
  direction: Direction,
): Promise<void> {
  const own = (of: Task[]) => of.flatMap(({ steps }) => steps.filter(tool.does));
  const done = () => tasks.flatMap((task) => task.done);
  const waiting = tasks.filter((task) => (direction === "remove" || !task.error) && task.steps.some(tool.does));
  if (waiting.length === 0) return;
  const commit = async (chosen: Task[]) => {
    const steps = own(chosen);
    await commitSurely(tool, exec, tool.after(before, done()), tool.after(before, [...done(), ...steps]), steps);
    for (const task of chosen) task.done.push(...task.steps.filter(tool.does));
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
export async function undoFirewall(exec: Exec, tasks: Task[], before: Firewalls): Promise<string | undefined> {
  const said = [];
  for (const tool of [firewall as Tool<unknown>, ...services(() => true)])
    said.push(await undo(tool, exec, tasks, before));
  const kept = tasks.filter(({ error }) => !error);
  if (said.includes(UNDONE))
    await forgetStale(exec, after(before, doneBy(tasks)), after(before, doneBy(kept))).catch(() => undefined);
  return said.find((each) => each !== undefined && each !== UNDONE) ?? said.find((each) => each !== undefined);
}

const UNDONE = "its firewall rules";

async function undo<S>(tool: Tool<S>, exec: Exec, tasks: Task[], before: Firewalls): Promise<string | undefined> {
  const done = tasks.filter((task) => task.done.some(tool.does));
  const kept = done.filter((task) => !task.error);
  if (done.length === kept.length) return undefined;
  const steps = (of: Task[]) => of.flatMap((task) => task.done.filter(tool.does));
  return await tool.commit(exec, tool.after(before, steps(done)), tool.after(before, steps(kept)), steps(done)).then(
    () => UNDONE,
    (error: Error) => `NOT undone: ${error.message}`,
  );
}
