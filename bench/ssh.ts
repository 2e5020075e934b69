/**
 * `npm run bench:ssh`: pods with a service each on a host over ssh (an sshd on the loopback of a throw-away host): our program, beside the same commands
 * of a script, each a call over one shared ssh connection. That is less than `remote.Command` of `@pulumi/command` takes, which dials for each.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chooseEngine, type Engine } from "../demo/engine.js";
import { createSandbox } from "../sandbox/host.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { interleave, median, seconds } from "./interleave.js";
import { describeMachine, thisMachine } from "./machine.js";
import { podPlans } from "./programs/plan.js";
import { destroyScript, upScript } from "./script.js";
import { startSshd } from "./sshd.js";
import { createStack } from "./stack.js";
import { asRatio, inSeconds, table } from "./table.js";

const VARIANTS = ["program", "calls"] as const;
const OPERATIONS = ["up", "up again", "destroy"] as const;

await endWith(async () => {
  const { values } = parseArgs({
    options: {
      pods: { type: "string", default: "100" },
      rounds: { type: "string", default: "3" },
      engine: { type: "string", default: "embedded" },
      json: { type: "string" },
    },
  });
  await meetRequirements({ install: true });
  const engine = chooseEngine(values.engine);
  const machine = thisMachine();
  const pods = Number(values.pods);
  console.log(
    `${describeMachine(machine)}\n${pods} pods; program run by ${engine.description}, without a preview; medians\n`,
  );
  const times = await interleave(VARIANTS, Number(values.rounds), (variant) =>
    variant === "program" ? runProgram(pods, engine) : runCalls(pods),
  );
  const rows = OPERATIONS.map((operation) => {
    const [ours, calls] = VARIANTS.map((variant) => median(times[variant][operation])) as [number, number];
    return [operation, inSeconds(ours), inSeconds(calls), asRatio(calls / ours)];
  });
  console.log(table(["operation", "ours", "a call each", "faster"], rows));
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, pods, times }, null, 2)}\n`);
  return 0;
});

async function runProgram(pods: number, engine: Engine): Promise<Record<string, number>> {
  await using sandbox = await createSandbox();
  await using sshd = await startSshd(sandbox);
  const env = { BENCH_PODS: String(pods), BENCH_CONNECTION: JSON.stringify(sshd.connection) };
  await using stack = await createStack("pods", engine, sandbox.run, env);
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
