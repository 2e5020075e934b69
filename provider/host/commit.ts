import { HostError, isUnclear } from "../kernel/errors.js";
import { type IpStep, isRule, type ResolvConfStep, type Step, type SysctlStep } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import { type Exec, failure, must } from "./exec.js";
import { runFirewall, undoFirewall } from "./firewall-group.js";
import { runIp } from "./ip.js";
import type { Machine, Reached } from "./machine.js";
import { withClaims } from "./netns-claim.js";
import { attempt, type Direction, type Task } from "./task.js";

/**
 * Runs the steps of a group of operations: links in one `ip -batch`, the firewall in one `iptables-restore`. What is made gets its
 * firewall after that, what is removed loses it first. An operation whose step fails is undone in reverse order and carries the
 * error; the others of its group go on without it. A removal is never undone: it keeps going and reports all that failed.
 */
export async function commit(machine: Machine, tasks: Task[], before: Snapshot, direction: Direction): Promise<void> {
  const run = (on: Reached, rehearsal: boolean) =>
    runPhases(on, rehearsal ? tasks.map(({ steps }) => ({ steps, done: [] })) : tasks, before, direction);
  await (machine.together ? machine.together(run) : run(machine, false));
}

/**
 * Takes a group of operations back as if it had been made, with commands that are to run when nobody can see what they say. `restored` are the steps
 * that make again what is removed.
 */
export async function revert(
  on: Reached,
  tasks: Task[],
  restored: Step[][],
  snapshots: { before: Snapshot; after: Snapshot },
  direction: Direction,
): Promise<void> {
  if (direction === "remove") {
    const again = restored.map((steps) => ({ steps, done: [] }));
    return await runPhases(on, again, snapshots.after, "make");
  }
  const failed = tasks.map(({ steps }) => ({ steps, done: [...steps], error: new Error("the host was lost") }));
  await undo(on, failed, snapshots.before);
}

async function runPhases(on: Reached, tasks: Task[], before: Snapshot, direction: Direction): Promise<void> {
  if (direction === "remove") {
    await runFirewall(on.exec, tasks, before, direction);
    await runEach(on, tasks, direction, () => true);
    await runIp(on.exec, tasks, direction);
    return;
  }
  await withClaims(on, tasks, async () => {
    await runIp(on.exec, tasks, direction);
    await runEach(on, tasks, direction, (step) => !isNoted(step));
    await runFirewall(on.exec, tasks, before, direction);
    await runEach(on, tasks, direction, isNoted);
    await undo(on, tasks, before);
  });
}

/** What a switch of the host was before is noted in rules: a run that is killed between the two must have noted it. */
const isNoted = (step: Step) => step.do === "sysctl" && step.namespace === undefined;

/** Sysctls and files: few, so one by one. */
async function runEach(
  { exec, files }: Reached,
  tasks: Task[],
  direction: Direction,
  chosen: (step: Step) => boolean,
): Promise<void> {
  for (const task of tasks)
    for (const step of task.steps) {
      if ((step.do !== "sysctl" && step.do !== "resolvConf") || !chosen(step)) continue;
      if (task.error && direction === "make") break;
      await attempt(task, () =>
        step.do === "sysctl" ? writeSysctl(exec, step, step.value) : writeFile(files, step, step.content),
      );
      if (!task.error || isUnclear(task.error)) task.done.push(step);
    }
}

/** Takes back what failed operations did, newest first, and says so in their errors. What can't be taken back is said too. */
async function undo(on: Reached, tasks: Task[], before: Firewalls): Promise<void> {
  const failed = tasks.flatMap((task) => (task.error ? [{ task, undone: [] as string[] }] : [])).reverse();
  // A kill can come here too: the rule that notes what a switch was goes after the switch is back.
  for (const { task, undone } of failed) undone.push(...(await takeBack(on, task, isNoted)));
  const rules = await undoFirewall(on.exec, tasks, before);
  for (const { task, undone } of failed) {
    if (rules !== undefined && task.done.some(isRule)) undone.push(rules);
    undone.push(...(await takeBack(on, task, (step) => !isNoted(step))));
    if (task.error instanceof HostError)
      task.error = new HostError(task.error.code, task.error.command, task.error.stderr, undone);
  }
}

async function takeBack(on: Reached, task: Task, chosen: (step: Step) => boolean): Promise<string[]> {
  const undone: string[] = [];
  for (const step of task.done.toReversed()) {
    if (isRule(step) || !chosen(step)) continue;
    const took = await take(on, step).catch((error: Error) =>
      error instanceof HostError && error.code === "not-found" ? "" : `NOT undone: ${error.message}`,
    );
    if (took) undone.push(took);
  }
  return undone;
}

async function take({ exec, files }: Reached, step: IpStep | SysctlStep | ResolvConfStep): Promise<string> {
  if (step.undo === undefined) return "";
  if (step.do === "ip") {
    const argv = ["ip", ...(step.namespace === undefined ? [] : ["-n", step.namespace]), ...step.undo];
    await must(exec, argv);
    return argv.join(" ");
  }
  if (step.do === "sysctl") {
    await writeSysctl(exec, step, step.undo);
    return `sysctl ${step.key}=${step.undo}`;
  }
  await writeFile(files, step, step.undo);
  return `/etc/netns/${step.namespace}/resolv.conf as before`;
}

async function writeSysctl(exec: Exec, step: SysctlStep, value: string): Promise<void> {
  const inside = step.namespace === undefined ? [] : ["ip", "netns", "exec", step.namespace];
  // `sysctl -w` exits with 0 on some errors, so its word alone is not taken for it.
  const { stderr, exitCode } = await exec([...inside, "sysctl", "-q", "-w", `${step.key}=${value}`]);
  if (exitCode !== 0 || stderr.trim() !== "") throw failure(["sysctl", "-w", `${step.key}=${value}`], stderr);
}

function writeFile(files: Machine["files"], step: ResolvConfStep, content: string | null): Promise<void> {
  return content === null ? files.removeResolvConf(step.namespace) : files.writeResolvConf(step.namespace, content);
}
