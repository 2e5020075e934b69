import { isUnclear } from "../errors.js";
import { applyStep } from "../model/apply.js";
import type { Firewall } from "../model/ruleset.js";
import type { Snapshot } from "../model/snapshot.js";
import { isFirewall } from "../plan.js";
import type { Exec } from "./exec.js";
import { commitFirewall, readFirewall } from "./iptables.js";
import { addError, attempt, type Direction, type Task } from "./task.js";

/** One transaction for all; where that is refused, one for each operation, so that only the wrong one fails. */
export async function runFirewall(exec: Exec, tasks: Task[], before: Firewall, direction: Direction): Promise<void> {
  const waiting = tasks.filter((task) => (direction === "remove" || !task.error) && task.steps.some(isFirewall));
  if (waiting.length === 0) return;
  try {
    await commitSurely(exec, before, after(before, waiting));
    for (const task of waiting) task.done.push(...task.steps.filter(isFirewall));
  } catch (error) {
    if (waiting.length === 1 || isUnclear(error)) {
      for (const task of waiting) addError(task, error);
      return;
    }
    let now = before;
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

/** A tool that was killed may have been heard by the kernel before: what is there then is looked at, and led on from. */
async function commitSurely(exec: Exec, before: Firewall, wanted: Firewall): Promise<void> {
  await commitFirewall(exec, before, wanted).catch(async (error: unknown) => {
    if (!isUnclear(error)) throw error;
    await commitFirewall(exec, (await readFirewall(exec)).firewall, wanted);
  });
}

/** Takes the rules of failed operations back, and leaves those of the others of the group. Says what it did. */
export async function undoFirewall(exec: Exec, tasks: Task[], before: Firewall): Promise<string | undefined> {
  const done = tasks.filter((task) => task.done.some(isFirewall));
  const kept = done.filter((task) => !task.error);
  if (done.length === kept.length) return undefined;
  return await commitFirewall(exec, after(before, done), after(before, kept)).then(
    () => "its firewall rules",
    (error: Error) => `NOT undone: ${error.message}`,
  );
}

function after(firewall: Firewall, tasks: Task[]): Firewall {
  const model = { firewall } as Snapshot;
  for (const step of tasks.flatMap(({ steps }) => steps.filter(isFirewall))) applyStep(model, step);
  return model.firewall;
}
