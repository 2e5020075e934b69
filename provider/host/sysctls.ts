import { unreadable } from "../kernel/errors.js";
import type { NamespaceView } from "../kernel/snapshot.js";
import { classify, failedLines } from "./classify.js";
import { type Exec, failure, succeeded } from "./exec.js";

/**
 * There in every kernel, so that each answer begins and ends with it: what is not between the two
 * is not there.
 */
const MARK = "kernel.ostype";

/** Keys of the host; one that the kernel doesn't have is left out. Throws HostError. */
export async function readSysctls(exec: Exec, keys: string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const argv = ["sysctl", "-e", MARK, ...new Set(keys), MARK];
  const finished = succeeded(argv, await exec(argv));
  // It ends with 0 on some errors.
  if (finished.stderr.trim() !== "") throw failure(argv, finished.stderr);
  const [answer, ...more] = answersIn(finished.stdout);
  if (answer === undefined || more.length > 0) throw unreadable("sysctl", `it says ${JSON.stringify(finished.stdout)}`);
  return answer;
}

/**
 * Adds keys to what is known of namespaces, by one process of ours. Most have none declared, and
 * those need no reading. A key that the kernel doesn't have, or lets nobody read, is left out.
 * Throws HostError.
 */
export async function readNamespaceSysctls(
  exec: Exec,
  views: Map<string, NamespaceView>,
  wanted: Map<string, string[]>,
): Promise<void> {
  const asked = [...wanted].filter(([name, keys]) => views.has(name) && keys.length > 0);
  if (asked.length === 0) return;
  const lines = asked.map(([name, keys]) => `netns exec ${name} sysctl -e ${[MARK, ...keys, MARK].join(" ")}`);
  const argv = ["ip", "-force", "-batch", "-"];
  const finished = await exec(argv, { input: `${lines.join("\n")}\n` });
  const failed = failedLines(finished.stderr);
  if (failed.length === 0) succeeded(argv, finished);
  const vanished = new Set(failed.filter(({ said }) => classify(said) === "not-found").map(({ line }) => line - 1));
  const answers = answersIn(finished.stdout);
  const there = asked.filter((_, at) => !vanished.has(at));
  if (answers.length !== there.length)
    throw unreadable(
      "sysctl",
      `it has ${answers.length} answers for ${there.length} network namespaces: ${finished.stderr.trim()}`,
    );
  for (const [at, [name]] of there.entries()) {
    const view = views.get(name)!;
    view.sysctls = new Map([...view.sysctls, ...answers[at]!]);
  }
}

/**
 * What stands between two marks each, key by key. Throws HostError where something stands
 * elsewhere.
 */
function answersIn(stdout: string): Map<string, string>[] {
  const answers: Map<string, string>[] = [];
  let open: Map<string, string> | undefined;
  const lines = stdout.split("\n");
  for (const line of lines.slice(0, -1)) {
    const [key = "", value] = line.split(" = ") as [string, string?];
    if (key === MARK && open) {
      answers.push(open);
      open = undefined;
    } else if (key === MARK) open = new Map();
    else if (open && value !== undefined) open.set(key, value.trim().replace(/\s+/g, " "));
    else if (line.trim() !== "") throw unreadable("sysctl", `the line ${JSON.stringify(line)}`);
  }
  if (open || lines.at(-1) !== "") throw unreadable("sysctl", `it ends with ${JSON.stringify(stdout.slice(-60))}`);
  return answers;
}
