import { HostError } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import { isNat } from "../kernel/steps/table.js";
import type { Exec } from "./exec.js";
import type { Task } from "./task.js";

const LIMIT = "net.core.wmem_default";

/** A step, and the operation that it is of. */
export interface TaskStep {
  task: Task;
  step: Step;
}

/**
 * Does steps at once where the kernel takes that, else in pieces. A transaction is one message, and
 * in a user namespace none is longer than net.core.wmem_default. `commit` does those from one place
 * to another. `all` are the steps of the whole group.
 */
export async function inPieces(
  exec: Exec,
  steps: TaskStep[],
  all: Step[],
  commit: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const ends = endsOf(steps, movingIn(all));
  let most = ends.length;
  for (let at = 0; at < ends.length; ) {
    const next = Math.min(ends.length, at + most);
    try {
      await commit(ends[at - 1] ?? 0, ends[next - 1]!);
      at = next;
    } catch (error) {
      if (!isTooLong(error)) throw error;
      if (next - at === 1) throw await explained(exec, error);
      most = Math.ceil((next - at) / 2);
    }
  }
}

const isTooLong = (error: unknown): error is HostError => error instanceof HostError && error.code === "too-long";

/**
 * The places at which steps can be parted. No packet may see half of a service, or a rule that is
 * taken out to be put elsewhere. A NatChain is whole on a new backend before it answers there.
 */
function endsOf(steps: TaskStep[], moving: ReadonlySet<string>): number[] {
  return steps.flatMap((each, at) => {
    const next = steps[at + 1];
    return next && belongTogether(each, next, moving) ? [] : [at + 1];
  });
}

function belongTogether(one: TaskStep, other: TaskStep, moving: ReadonlySet<string>): boolean {
  if (!isNat(one.step) || !isNat(other.step)) return !isNat(one.step) && !isNat(other.step) && one.task === other.task;
  if (one.step.chain !== other.step.chain) return false;
  if (moving.has(one.step.chain)) return true;
  const [a, b] = [one.step.change, other.step.change];
  return "service" in a && "service" in b && a.service === b.service;
}

/** The NatChains that come on one backend and go on another. */
function movingIn(all: Step[]): Set<string> {
  const come = new Set<string>();
  const gone: string[] = [];
  for (const step of all) {
    if (!isNat(step) || !("chain" in step.change)) continue;
    if (step.change.chain === null) gone.push(step.chain);
    else come.add(step.chain);
  }
  return new Set(gone.filter((each) => come.has(each)));
}

/** Only rights outside of a user namespace allow the tools to raise their own limit. */
async function explained(exec: Exec, { code, command, stderr }: HostError): Promise<HostError> {
  const { stdout } = await exec(["sysctl", "-n", LIMIT]);
  const limit = /^\d+$/.test(stdout.trim()) ? `${stdout.trim()} bytes, ${LIMIT}` : LIMIT;
  const cure = `run as root of the machine, or have its root raise the limit: sysctl -w ${LIMIT}=16777216`;
  return new HostError(
    code,
    command,
    `${stderr.trim()}: this can't be parted, and in a user namespace a transaction has a limit (${limit}): ${cure}`,
  );
}
