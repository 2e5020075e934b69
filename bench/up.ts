/**
 * `npm run bench:up`: what `up`, `up` again and `destroy` of pods with a service each cost. Beside
 * them run as many resources that do nothing, on the same engine, and the same commands in a shell
 * script. Everything happens in throw-away hosts.
 */
import { writeFile } from "node:fs/promises";
import { chooseEngine, type Engine } from "../demo/engine.js";
import { createSandbox, type Sandbox } from "../sandbox/host.js";
import { differences, hostState } from "../sandbox/hoststate.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { interleave, median, seconds, type Times } from "./interleave.js";
import { describeMachine, engineName, thisMachine } from "./machine.js";
import { benchOptions } from "./options.js";
import { podPlans } from "./programs/plan.js";
import { writeReport } from "./report.js";
import { destroyScript, upScript } from "./script.js";
import { createStack } from "./stack.js";
import { asRatio, asText, inSeconds, type Table } from "./table.js";

const VARIANTS = ["pods", "nothing-pods", "script"] as const;
type Variant = (typeof VARIANTS)[number];
const OPERATIONS = ["up", "up again", "destroy"] as const;

interface Figures {
  pods: number;
  rounds: number;
  times: Record<Variant, Times>;
}

const USAGE = `npm run bench:up -- [--pods 1,10,100] [--rounds N] [--engine pulumi|embedded] [--json FILE] [--write]`;

await endWith(async () => {
  const values = benchOptions(USAGE, {
    pods: { type: "string", default: "1,10,100" },
    rounds: { type: "string" },
    engine: { type: "string", default: "embedded" },
  });
  if (!values) return 0;
  await meetRequirements({ install: true });
  const engine = chooseEngine(values.engine);
  const machine = thisMachine();
  console.log(`${describeMachine(machine)}\nProgram run by ${engine.description}, without a preview; medians\n`);
  const figures: Figures[] = [];
  for (const pods of values.pods.split(",").map(Number)) {
    const rounds = Number(values.rounds ?? (pods < 100 ? 5 : 3));
    const times = await interleave(VARIANTS, rounds, (variant) => measure(variant, pods, engine));
    figures.push({ pods, rounds, times });
  }
  const result = tableOf(figures);
  console.log(asText(result));
  if (values.json)
    await writeFile(values.json, `${JSON.stringify({ machine, engine: engine.kind, figures }, null, 2)}\n`);
  const rounds = figures.map((each) => `${each.rounds} of ${each.pods}`).join(", ");
  const run = `${engineName(engine)}, without a preview; medians; rounds by pods: ${rounds}`;
  if (values.write) writeReport("up", { machine, run, tables: [result] });
  return 0;
});

/** One round of one variant, in a host of its own. */
async function measure(variant: Variant, pods: number, engine: Engine): Promise<Record<string, number>> {
  await using sandbox = await createSandbox();
  const before = await hostState((argv) => sandbox.run(argv));
  const times =
    variant === "script" ? await runScript(sandbox, pods) : await runProgram(variant, sandbox, pods, engine);
  const left = differences(before, await hostState((argv) => sandbox.run(argv)));
  // The script leaves empty tables: iptables can make them, and can't remove them.
  if (variant !== "script" && left.length > 0)
    throw new Error(`${variant} has left something behind:\n${left.join("\n")}`);
  process.stderr.write(`${variant} ${pods}: ${Object.values(times).map(inSeconds).join(" ")}\n`);
  return times;
}

async function runProgram(variant: Variant, sandbox: Sandbox, pods: number, engine: Engine) {
  await using stack = await createStack(variant, engine, sandbox.run, { BENCH_PODS: String(pods) });
  const up = await seconds(() => stack.run("up"));
  if (variant === "pods") await mustHave(sandbox, pods);
  const again = await seconds(() => stack.run("up", "--expect-no-changes"));
  const destroy = await seconds(() => stack.run("destroy"));
  return { up, "up again": again, destroy };
}

async function runScript(sandbox: Sandbox, pods: number) {
  const plans = podPlans(pods);
  const shell = async (input: string) => {
    const { exitCode, stderr } = await sandbox.run(["sh"], { input, timeoutMs: 300_000 });
    if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${stderr}`);
  };
  const up = await seconds(() => shell(upScript(plans)));
  await mustHave(sandbox, pods);
  return { up, destroy: await seconds(() => shell(destroyScript(plans))) };
}

/** Throws unless every pod and every service is there: a run that does nothing would be fast. */
async function mustHave(sandbox: Sandbox, pods: number): Promise<void> {
  const count = async (argv: string[], pattern: RegExp) => (await sandbox.run(argv)).stdout.match(pattern)?.length ?? 0;
  const found = {
    namespaces: await count(["ip", "netns", "list"], /^netns_/gm),
    ports: await count(["bridge", "-d", "link"], /hairpin on/g),
    services: await count(["iptables", "-t", "nat", "-S"], /^-A BENCH-SEP-.* -j DNAT/gm),
  };
  for (const [what, number] of Object.entries(found))
    if (number !== pods) throw new Error(`${number} ${what} where ${pods} should be`);
}

function tableOf(figures: Figures[]): Table {
  const rows = figures.flatMap(({ pods, times }) =>
    OPERATIONS.map((operation) => {
      const [ours, nothing, script] = VARIANTS.map((variant) => median(times[variant][operation])) as [
        number,
        number,
        number,
      ];
      return [
        String(pods),
        operation,
        ...[ours, nothing].map(inSeconds),
        asRatio(ours / nothing),
        inSeconds(script),
        asRatio(ours / script),
      ];
    }),
  );
  const head = ["pods", "operation", "ours (s)", "do-nothing (s)", "ratio", "shell script (s)", "ratio"];
  return { head, rows };
}
