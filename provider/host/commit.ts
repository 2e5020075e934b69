import { HostError, isUnclear } from "../kernel/errors.js";
import type { IpStep, SettingStep, Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Phase } from "../kernel/steps/row.js";
import { inverseOf, isIp, isRule, isSetting, phaseOf, printed, wordsOf } from "../kernel/steps/table.js";
import { must } from "./exec.js";
import { type RulesGroup, runFirewall, undoFirewall } from "./firewall-group.js";
import { runIp } from "./ip.js";
import type { Machine, Reached } from "./machine.js";
import { withClaims, withoutClaims } from "./netns-claim.js";
import { Misled } from "./planned.js";
import type { Product } from "./product.js";
import type { Say } from "./say.js";
import { setSysctl } from "./set-sysctl.js";
import { attempt, type Direction, type Task } from "./task.js";
import { writing } from "./writing.js";

/** A group of operations that is committed as one. */
export interface Group {
  tasks: Task[];
  before: Snapshot;
  direction: Direction;
  product: Product;
  say: Say;
  /** The tasks that counted on those that have failed. */
  misled(): Task[];
}

/**
 * Runs the steps of a group: links in one `ip -batch`, the firewall in one `iptables-restore`. What
 * is made gets its firewall after that, what is removed loses it first. An operation of which a
 * step fails is undone in reverse order and carries the error. So is one that counted on it. The
 * others of its group go on without it. A removal is never undone: it keeps going and reports all
 * that failed.
 */
export async function commit(machine: Machine, group: Group): Promise<void> {
  const rehearsed = () => group.tasks.map(({ steps }) => ({ steps, done: [] }));
  const run = (on: Reached, rehearsal: boolean) =>
    runPhases({ ...group, on, tasks: rehearsal ? rehearsed() : group.tasks });
  await (machine.together ? machine.together(run) : run(machine, false));
}

/**
 * Takes a group back as if it had been made, with commands that run when nobody can see what they
 * say. `restored` are the steps that make again what is removed.
 */
export async function revert(on: Reached, group: Group, restored: Step[][], after: Snapshot): Promise<void> {
  if (group.direction === "remove") {
    const again = restored.map((steps) => ({ steps, done: [] }));
    return await runPhases({ ...group, on, tasks: again, before: after, direction: "make" });
  }
  const lost = () => new Error("the host was lost");
  await undo({ ...group, on, tasks: group.tasks.map(({ steps }) => ({ steps, done: [...steps], error: lost() })) });
}

interface Commit extends Group {
  on: Reached;
}

/** How each phase is run, and as which one where something is made and where it is removed. */
const PHASES: { [Name in Phase]: { run(commit: Commit): Promise<void>; make: number; remove: number } } = {
  links: {
    run: ({ on, tasks, direction, product }) => runIp(on.exec, tasks, direction, product.whyRefused),
    make: 1,
    remove: 4,
  },
  settings: { run: (commit) => runEach(commit, "settings"), make: 2, remove: 2 },
  rules: {
    run: (commit) => runFirewall(rulesOf(commit), commit.direction),
    make: 3,
    remove: 1,
  },
  // Rules note what a switch of the host was before. A run that is killed between the two must have
  // noted it.
  switches: { run: (commit) => runEach(commit, "switches"), make: 4, remove: 3 },
};

const rulesOf = ({ on, ...group }: Commit): RulesGroup => ({ ...group, exec: on.exec });

async function runPhases(commit: Commit): Promise<void> {
  const { on, tasks, direction } = commit;
  const run = async () => {
    const phases = Object.values(PHASES).sort((a, b) => a[direction] - b[direction]);
    for (const phase of phases) await phase.run(commit);
  };
  if (direction === "remove") return await withoutClaims(on, commit, run);
  await withClaims(on, tasks, async () => {
    await run();
    if (tasks.some(({ error }) => error)) for (const task of commit.misled()) task.error = new Misled();
    await undo(commit);
  });
}

/** Sysctls and files: few, so one by one. */
async function runEach({ on, tasks, direction }: Commit, phase: Phase): Promise<void> {
  for (const task of tasks)
    for (const step of task.steps) {
      if (!isSetting(step) || phaseOf(step) !== phase) continue;
      if (task.error && direction === "make") break;
      await attempt(task, () => runAlone(on, step));
      if (!task.error || isUnclear(task.error)) task.done.push(step);
    }
}

/**
 * Takes back what failed operations did, newest first, and says so in their errors. What can't be
 * taken back is said too.
 */
async function undo(commit: Commit): Promise<void> {
  const { on, tasks } = commit;
  const failed = tasks.flatMap((task) => (task.error ? [{ task, undone: [] as string[] }] : [])).reverse();
  const isSwitch = (step: Step) => phaseOf(step) === "switches";
  // A kill can come here too: the rule that notes what a switch was goes after the switch is back.
  for (const { task, undone } of failed) undone.push(...(await takeBack(on, task, isSwitch)));
  const rules = await undoFirewall(rulesOf(commit));
  for (const { task, undone } of failed) {
    if (rules !== undefined && task.done.some(isRule)) undone.push(rules);
    undone.push(...(await takeBack(on, task, (step) => !isSwitch(step))));
    if (task.error instanceof HostError)
      task.error = new HostError(task.error.code, task.error.command, task.error.stderr, undone);
  }
}

async function takeBack(on: Reached, task: Task, chosen: (step: Step) => boolean): Promise<string[]> {
  const undone: string[] = [];
  for (const step of task.done.toReversed()) {
    const inverse = chosen(step) ? inverseOf(step) : undefined;
    if (!inverse) continue;
    const took = await runAlone(on, inverse).then(
      () => printed(inverse),
      (error: Error) =>
        error instanceof HostError && error.code === "not-found" ? "" : `NOT undone: ${error.message}`,
    );
    if (took) undone.push(took);
  }
  return undone;
}

/** Runs a step that needs no other one with it. */
async function runAlone(on: Reached, step: IpStep | SettingStep): Promise<void> {
  if (!isIp(step)) return await setterOf(step)(on, step);
  await must(on.exec, ["ip", ...(step.namespace === undefined ? [] : ["-n", step.namespace]), ...wordsOf(step)]);
}

const SETTERS: { [Kind in SettingStep["do"]]: (on: Reached, step: SettingStep & { do: Kind }) => Promise<void> } = {
  sysctl: ({ exec }, step) => setSysctl(exec, step),
  resolvConf: ({ files }, { namespace, content }) =>
    writing(content === null ? "rm" : "write", `/etc/netns/${namespace}/resolv.conf`, "nameservers", () =>
      content === null ? files.removeResolvConf(namespace) : files.writeResolvConf(namespace, content),
    ),
};

const setterOf = ({ do: kind }: SettingStep) => SETTERS[kind] as (on: Reached, step: SettingStep) => Promise<void>;
