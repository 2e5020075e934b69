import { applyStep } from "../kernel/apply.js";
import { isUnclear } from "../kernel/errors.js";
import { applyFirewall } from "../kernel/iptables/apply-firewall.js";
import type { Firewall } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { RuleTool } from "../kernel/steps/row.js";
import { isFirewall, isListedRule, isNat, isRule, ruleToolOf } from "../kernel/steps/table.js";
import { staleFlows } from "../services/stale-flows.js";
import { forgetFlows } from "./conntrack.js";
import type { Exec } from "./exec.js";
import { commitFirewall } from "./iptables.js";
import { commitNat, listNat, type NatTables } from "./nat.js";
import { RealChains } from "./nft-tables.js";
import { readFirewall } from "./read-firewall.js";
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

const iptables: Tool<Firewall> = {
  does: isFirewall,
  after: ({ firewall }, steps) => applyFirewall(firewall, steps.filter(isFirewall)),
  commit: commitFirewall,
  read: async (exec) => (await readFirewall(exec, new RealChains(), { pieces: true })).firewall,
};

const nft = (does: (step: Step) => boolean): Tool<NatTables> => ({
  does,
  after: ({ natTables }, steps) => {
    const model = { natTables } as Snapshot;
    for (const step of steps.filter(isNat)) applyStep(model, step);
    return model.natTables;
  },
  commit: (exec, from, to, steps) => commitNat(exec, from, to, steps.filter(isNat)),
  read: listNat,
});

/** Rules by their handles: nothing is compared, and what is gone already is no error. */
const handles: Tool<undefined> = {
  does: isListedRule,
  after: () => undefined,
  commit: (exec, _from, _to, steps) => deleteListed(exec, steps.filter(isListedRule)),
  read: () => Promise.resolve(undefined),
};

const of = (tool: RuleTool) => (step: Step) => ruleToolOf(step) === tool;

/** In the order in which they run. */
const TOOLS: { [Name in RuleTool]: unknown } = {
  handles,
  nft: nft(of("nft")),
  iptables,
  "nft, last": nft(of("nft, last")),
};

/** One transaction of each tool for all; where that is refused, one for each operation, so that only the wrong one fails. */
export async function runFirewall(exec: Exec, tasks: Task[], before: Firewalls, direction: Direction): Promise<void> {
  for (const tool of Object.values(TOOLS)) await run(tool as Tool<unknown>, exec, tasks, before, direction);
  const changed = tasks.filter(({ done }) => done.some(isRule));
  await forgetStale(exec, before, after(before, changed)).catch((error: unknown) => {
    for (const task of changed) addError(task, error);
  });
}

function after(before: Firewalls, tasks: Task[]): Firewalls {
  const steps = tasks.flatMap(({ done }) => done);
  return { firewall: iptables.after(before, steps), natTables: nft(isNat).after(before, steps) };
}

/** On both backends at once: what moved from one to the other is where it was. */
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

/** A tool that was killed may have been heard by the kernel before: what is there then is looked at, and led on from. */
async function commitSurely<S>(tool: Tool<S>, exec: Exec, from: S, to: S, steps: Step[]): Promise<void> {
  await tool.commit(exec, from, to, steps).catch(async (error: unknown) => {
    if (!isUnclear(error)) throw error;
    await tool.commit(exec, await tool.read(exec), to, steps);
  });
}

/** Takes the rules of failed operations back, and leaves those of the others of the group. Says what it did. */
export async function undoFirewall(exec: Exec, tasks: Task[], before: Firewalls): Promise<string | undefined> {
  const said = [
    await undo(iptables as Tool<unknown>, exec, tasks, before),
    await undo(nft(isNat) as Tool<unknown>, exec, tasks, before),
  ];
  const kept = tasks.filter(({ error }) => !error);
  if (said.includes(UNDONE)) await forgetStale(exec, after(before, tasks), after(before, kept)).catch(() => undefined);
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
