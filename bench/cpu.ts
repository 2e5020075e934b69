import type { RunOptions, RunResult } from "../sandbox/command.js";
import type { Sandbox } from "../sandbox/host.js";
import { seconds } from "./interleave.js";

/** What a command has cost. */
export interface Cost {
  /** User and system seconds of all its processes. */
  cpu: number;
  wall: number;
}

/**
 * The shell counts what it waited for, in hundredths. Process 1 of the host waits for orphans. As
 * many files as allowed may be open: ifstate has several for each namespace.
 */
const COUNTED = `
ulimit -S -n "$(ulimit -H -n)"
orphans() { cut -d " " -f 16,17 /proc/1/stat; }
orphans
"$@"
code=$?
echo
orphans
getconf CLK_TCK
times
exit $code
`;
const TALLY = /^(\d+) (\d+)\n([\s\S]*)\n(\d+) (\d+)\n(\d+)\n(\d+m[\d.]+s \d+m[\d.]+s\n\d+m[\d.]+s \d+m[\d.]+s)\n$/;

/** Runs a command on a throw-away host and says what it cost there. */
export async function runCounted(
  sandbox: Sandbox,
  argv: readonly string[],
  options: RunOptions,
): Promise<{ result: RunResult; cost: Cost }> {
  let result: RunResult | undefined;
  const wall = await seconds(async () => {
    result = await sandbox.run(["sh", "-c", COUNTED, "sh", ...argv], options);
  });
  return { result: { ...result!, stdout: said(result!) }, cost: { cpu: cpuOf(result!), wall } };
}

const tallyOf = ({ stdout, stderr }: RunResult) => {
  const tally = TALLY.exec(stdout);
  if (!tally) throw new Error(`the CPU time can't be read: ${stdout.slice(-200)}${stderr}`);
  return tally;
};

const said = (result: RunResult) => tallyOf(result)[3]!;

/** The CPU seconds in what the counting shell wrote. */
export function cpuOf(result: RunResult): number {
  const [, user, system, , userAfter, systemAfter, ticks, times] = tallyOf(result);
  const orphans = (Number(userAfter) + Number(systemAfter) - Number(user) - Number(system)) / Number(ticks);
  const waited = [...times!.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  );
  return waited.reduce((sum, each) => sum + each, orphans);
}
