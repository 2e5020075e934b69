/**
 * `npm run bench:ssh`: pods with a service each on a host over ssh, an sshd on the loopback of a
 * throw-away host. Beside our program run the same commands. Where the Pulumi CLI and the plugin of
 * `@pulumi/command` are installed, each is a `remote.Command`. Elsewhere each is a call over one
 * shared ssh connection without any engine, which costs far less.
 */
import { writeFile } from "node:fs/promises";
import { chooseEngine, type Engine, pathFor } from "../demo/engine.js";
import { createSandbox } from "../sandbox/host.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { findProgram } from "../system/path.js";
import { interleave, median, seconds } from "./interleave.js";
import { describeMachine, engineName, thisMachine } from "./machine.js";
import { benchOptions } from "./options.js";
import { podPlans } from "./programs/plan.js";
import { writeReport } from "./report.js";
import { destroyScript, upScript } from "./script.js";
import { startSshd } from "./sshd.js";
import { createStack } from "./stack.js";
import { asRatio, asText, inSeconds, type Table } from "./table.js";

const OPERATIONS = ["up", "up again", "destroy"] as const;

const USAGE = "npm run bench:ssh -- [--pods N] [--rounds N] [--engine pulumi|embedded] [--json FILE] [--write]";

await endWith(async () => {
  const values = benchOptions(USAGE, {
    pods: { type: "string", default: "100" },
    rounds: { type: "string", default: "3" },
    engine: { type: "string" },
  });
  if (!values) return 0;
  await meetRequirements({ install: true });
  const engine = chooseEngine(values.engine);
  const machine = thisMachine();
  const pods = Number(values.pods);
  console.log(
    `${describeMachine(machine)}\n${pods} pods; program run by ${engine.description}, without a preview; medians\n`,
  );
  const others =
    engine.kind === "pulumi" && findProgram("pulumi-resource-command", pathFor(engine, "")) ? "commands" : "calls";
  const times = await interleave(["pods", others] as const, Number(values.rounds), (variant) =>
    variant === "calls" ? runCalls(pods) : runProgram(variant, pods, engine),
  );
  const rows = OPERATIONS.map((operation) => {
    const [ours, theirs] = [median(times.pods[operation]), median(times[others][operation])];
    return [operation, inSeconds(ours), inSeconds(theirs), asRatio(theirs / ours)];
  });
  const theirs = others === "commands" ? "remote.Command (s)" : "a call each (s)";
  const result: Table = { head: ["operation", "ours (s)", theirs, "faster"], rows };
  console.log(asText(result));
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, pods, times }, null, 2)}\n`);
  const run = `${pods} pods, ${engineName(engine)}, without a preview; medians of ${values.rounds} rounds`;
  if (values.write) writeReport("ssh", { machine, run, tables: [result] });
  return 0;
});

async function runProgram(program: string, pods: number, engine: Engine): Promise<Record<string, number>> {
  await using sandbox = await createSandbox();
  await using sshd = await startSshd(sandbox);
  const env = { BENCH_PODS: String(pods), BENCH_CONNECTION: JSON.stringify(sshd.connection) };
  await using stack = await createStack(program, engine, sandbox.run, env);
  const up = await seconds(() => stack.run("up"));
  const again = await seconds(() => stack.run("up", "--expect-no-changes"));
  return { up, "up again": again, destroy: await seconds(() => stack.run("destroy")) };
}

async function runCalls(pods: number): Promise<Record<string, number>> {
  await using sandbox = await createSandbox();
  await using sshd = await startSshd(sandbox);
  const plans = podPlans(pods);
  const run = async (script: string) => {
    const calls = script.replace(/^(?!set -e$)(.+)$/gm, (line) => `${sshd.multiplexed} '${line}' </dev/null`);
    const { exitCode, stderr } = await sandbox.run(["sh", "-s"], { input: calls, timeoutMs: 900_000 });
    if (exitCode !== 0) throw new Error(`the calls ended with ${exitCode}: ${stderr}`);
  };
  const up = await seconds(() => run(upScript(plans)));
  return { up, destroy: await seconds(() => run(destroyScript(plans))) };
}
