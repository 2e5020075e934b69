import type { IpStep } from "../kernel/plan.js";
import { isIp, printed, wordsOf } from "../kernel/steps/table.js";
import { classify, failedLines, lacksKind } from "./classify.js";
import { type Exec, failure } from "./exec.js";
import { isLinkRemoval, removeTogether } from "./link-group.js";
import type { Product } from "./product.js";
import { addError, type Direction, type Task } from "./task.js";

/** Steps of one task that run in one namespace, one after the other. */
interface Run {
  task: Task;
  namespace?: string;
  steps: IpStep[];
}

/**
 * Runs all `ip` steps of the tasks, in order, in one process as long as none fails. `ip -batch`
 * stops at a failing line, and the lines before it are done. Its task gets the error and is out,
 * the rest goes on. In a removal only the line is out, and what is gone already is no error.
 */
export async function runIp(
  exec: Exec,
  tasks: Task[],
  direction: Direction,
  whyRefused: Product["whyRefused"],
): Promise<void> {
  let left = tasks.flatMap((task) => (task.error && direction === "make" ? [] : split(task)));
  if (direction === "remove") left = await withoutLinks(exec, left);
  while (left.length > 0) {
    const failed = await runBatch(exec, left).catch((error: unknown) => giveUp(left, error));
    if (!failed) return;
    const { at, line, stderr } = failed;
    const run = left[at]!;
    const step = run.steps[line]!;
    run.task.done.push(...run.steps.slice(0, line));
    const error = failure([printed(step)], explained(stderr, whyRefused(step, classify(stderr), lacksKind(stderr))));
    const gone = direction === "remove" && error.code === "not-found";
    if (!gone) addError(run.task, error);
    const rest = { ...run, steps: run.steps.slice(line + 1) };
    const next = left.slice(at + 1);
    left =
      direction === "remove"
        ? [...(rest.steps.length > 0 ? [rest] : []), ...next]
        : next.filter((each) => each.task !== run.task);
  }
}

const explained = (stderr: string, why: string | undefined) =>
  why === undefined ? stderr : `${stderr.trim()}: ${why}`;

/** The batch was killed. Nobody knows how far it came, so all of it may have to be undone. */
function giveUp(runs: Run[], error: unknown): undefined {
  for (const { task, steps } of runs) task.done.push(...steps);
  for (const task of new Set(runs.map((run) => run.task))) addError(task, error);
}

/** Removes the links, and leaves the rest to do. */
async function withoutLinks(exec: Exec, runs: Run[]): Promise<Run[]> {
  const removals = runs.flatMap(({ steps }) => steps.filter(isLinkRemoval));
  if (removals.length < 2) return runs;
  const gone = await removeTogether(exec, removals);
  return runs
    .map((run) => ({ ...run, steps: run.steps.filter((step) => !gone.has(step)) }))
    .filter(({ steps }) => steps.length > 0);
}

function split(task: Task): Run[] {
  const runs: Run[] = [];
  for (const step of task.steps) {
    if (!isIp(step)) continue;
    const last = runs.at(-1);
    if (last && last.namespace === step.namespace) last.steps.push(step);
    else runs.push({ task, namespace: step.namespace, steps: [step] });
  }
  return runs;
}

/** Runs the batch and notes the finished runs as done. On failure returns the run and its step. */
async function runBatch(exec: Exec, runs: Run[]): Promise<{ at: number; line: number; stderr: string } | undefined> {
  const inside = runs.filter((run) => run.namespace !== undefined);
  const owner = runs.flatMap((run, at) =>
    run.namespace === undefined ? run.steps.map((_, line) => ({ at, line })) : [{ at, line: -1 }],
  );
  const outerLines = (paths: string[]) =>
    runs.flatMap((run) =>
      run.namespace === undefined
        ? run.steps.map(batchLine)
        : [`netns exec ${run.namespace} ip -batch ${paths[inside.indexOf(run)]}`],
    );
  const { stderr, exitCode } = await exec(["ip", "-batch", "-"], {
    files: inside.map(lines),
    input: (paths) => `${outerLines(paths).join("\n")}\n`,
  });
  if (exitCode === 0) {
    for (const run of runs) run.task.done.push(...run.steps);
    return undefined;
  }
  const places = failedLines(stderr);
  const outer = places.find(({ file }) => file === "-");
  const place = outer && owner[outer.line - 1];
  if (!place) throw failure(["ip", "-batch"], stderr || `exit code ${exitCode}`);
  const inner = places.find(({ file }) => file !== "-");
  for (const run of runs.slice(0, place.at)) run.task.done.push(...run.steps);
  const text = stderr.replace(/^Command failed .*\n?/gm, "");
  return { at: place.at, line: place.line >= 0 ? place.line : (inner?.line ?? 1) - 1, stderr: text };
}

const batchLine = (step: IpStep) => wordsOf(step).join(" ");

const lines = (run: Run) => `${run.steps.map(batchLine).join("\n")}\n`;
