import { HostError } from "../errors.js";
import { applyStep } from "../model/apply.js";
import type { Firewall } from "../model/ruleset.js";
import type { Snapshot } from "../model/snapshot.js";
import { type FirewallStep, type IpStep, isFirewall, type ResolvConfStep, type SysctlStep } from "../plan.js";
import { type Exec, failure, must } from "./exec.js";
import { runIp } from "./ip.js";
import { commitFirewall } from "./iptables.js";
import type { Machine } from "./machine.js";
import { addError, attempt, type Direction, type Task } from "./task.js";

/**
 * Runs the steps of a group of operations: links in one `ip -batch`, the firewall in one `iptables-restore`. What is made gets its
 * firewall last, what is removed loses it first. An operation whose step fails is undone in reverse order and carries the
 * error; the others of its group go on without it. A removal is never undone: it keeps going and reports all that failed.
 */
export async function commit(machine: Machine, tasks: Task[], before: Snapshot, direction: Direction): Promise<void> {
  const phases = [
    () => runIp(machine, tasks, direction),
    () => runEach(machine, tasks, direction),
    () => runFirewall(machine.exec, tasks, before, direction),
  ];
  for (const phase of direction === "make" ? phases : phases.reverse()) await phase();
  for (const task of tasks) if (task.error && direction === "make") await undo(machine, task);
}

/** Sysctls and files: few, so one by one. */
async function runEach({ exec, files }: Machine, tasks: Task[], direction: Direction): Promise<void> {
  for (const task of tasks)
    for (const step of task.steps) {
      if (step.do !== "sysctl" && step.do !== "resolvConf") continue;
      if (task.error && direction === "make") break;
      await attempt(task, () =>
        step.do === "sysctl" ? writeSysctl(exec, step, step.value) : writeFile(files, step, step.content),
      );
      if (!task.error) task.done.push(step);
    }
}

/** One transaction for all; where that is refused, one for each operation, so that only the wrong one fails. */
async function runFirewall(exec: Exec, tasks: Task[], before: Snapshot, direction: Direction): Promise<void> {
  const waiting = tasks.filter((task) => (direction === "remove" || !task.error) && task.steps.some(isFirewall));
  if (waiting.length === 0) return;
  try {
    await commitFirewall(exec, before.firewall, after(before.firewall, waiting));
    for (const task of waiting) task.done.push(...task.steps.filter(isFirewall));
  } catch (error) {
    if (waiting.length === 1) {
      addError(waiting[0]!, error);
      return;
    }
    let now = before.firewall;
    for (const task of waiting) {
      const next = after(now, [task]);
      await attempt(task, async () => {
        await commitFirewall(exec, now, next);
        now = next;
        task.done.push(...task.steps.filter(isFirewall));
      });
    }
  }
}

const firewallSteps = (tasks: Task[]): FirewallStep[] => tasks.flatMap((task) => task.steps.filter(isFirewall));

function after(firewall: Firewall, tasks: Task[]): Firewall {
  const model = { firewall } as Snapshot;
  for (const step of firewallSteps(tasks)) applyStep(model, step);
  return model.firewall;
}

/** Takes back what a failed operation did, newest first, and says so in its error. What can't be taken back is said too. */
async function undo(machine: Machine, task: Task): Promise<void> {
  const undone: string[] = [];
  for (const step of task.done.reverse()) {
    if (isFirewall(step)) continue; // the firewall comes last: when it was done nothing failed
    const took = await take(machine, step).catch((error: Error) =>
      error instanceof HostError && error.code === "not-found" ? "" : `NOT undone: ${error.message}`,
    );
    if (took) undone.push(took);
  }
  if (task.error instanceof HostError)
    task.error = new HostError(task.error.code, task.error.command, task.error.stderr, undone);
}

async function take({ exec, files }: Machine, step: IpStep | SysctlStep | ResolvConfStep): Promise<string> {
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
