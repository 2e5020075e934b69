/**
 * `npm run bench:engine`: what an engine itself costs, measured with resources that do nothing.
 * Runs the embedded engine, and the Pulumi CLI where it is installed. Touches nothing but its own
 * folder.
 */
import { writeFile } from "node:fs/promises";
import { chooseEngine, type Engine, findPulumi } from "../demo/engine.js";
import { startCommand } from "../sandbox/command.js";
import { endWith } from "../sandbox/requirements.js";
import { interleave, median, seconds, type Times } from "./interleave.js";
import { describeMachine, engineName, thisMachine } from "./machine.js";
import { type Memory, runMeasured } from "./memory.js";
import { benchOptions } from "./options.js";
import { writeReport } from "./report.js";
import { createStack, type Run } from "./stack.js";
import { asRatio, asText, inSeconds, type Table } from "./table.js";

const SIZES = ["1", "10", "100", "500"] as const;
/** The number of resources when memory is measured. */
const MANY = "2000";
const OPERATIONS = ["up", "up again", "refresh", "destroy"] as const;
type Kind = Engine["kind"];
const NAMES: Record<Kind, string> = { embedded: "embedded", pulumi: "CLI" };
type Variant = `${Kind} ${(typeof SIZES)[number]}`;

const USAGE = "npm run bench:engine -- [--rounds N] [--engine both|pulumi|embedded] [--json FILE] [--write]";

await endWith(async () => {
  const values = benchOptions(USAGE, {
    rounds: { type: "string", default: "3" },
    engine: { type: "string", default: "both" },
  });
  if (!values) return 0;
  const engines = chosen(values.engine);
  const machine = thisMachine();
  console.log(`${describeMachine(machine)}\nRun without a preview; medians of ${values.rounds} rounds in seconds`);
  for (const { kind, description } of engines) console.log(`${kind}: ${description}`);
  const variants = engines.flatMap(({ kind }) => SIZES.map((size): Variant => `${kind} ${size}`));
  const engineOf = (variant: Variant) => engines.find(({ kind }) => variant.startsWith(kind))!;
  const times = await interleave(variants, Number(values.rounds), (variant) =>
    measure(variant.split(" ")[1]!, engineOf(variant)),
  );
  const result = tableOf(times, engines);
  console.log(`\n${asText(result)}`);
  // The embedded engine alone: the CLI takes a quarter of an hour for so many.
  const own = engines.find(({ kind }) => kind === "embedded");
  const memory = own && (await measureMemory(own));
  const held = memory && memoryTable(memory);
  if (held) console.log(`\n${asText(held)}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, times, memory }, null, 2)}\n`);
  const run = `${engines.map(engineName).join(" and ")}, without a preview; medians of ${values.rounds} rounds in seconds`;
  if (values.write) writeReport("engine", { machine, run, tables: held ? [result, held] : [result] });
  return 0;
});

function chosen(asked: string): Engine[] {
  if (asked !== "both") return [chooseEngine(asked)];
  return [chooseEngine("embedded"), ...(findPulumi(process.env) ? [chooseEngine("pulumi")] : [])];
}

function plainly(...[argv, options]: Parameters<Run>): ReturnType<Run> {
  return startCommand(argv, options).ended;
}

async function measure(size: string, engine: Engine): Promise<Record<string, number>> {
  await using stack = await createStack("nothing-flat", engine, plainly, { BENCH_RESOURCES: size });
  const times = {
    up: await seconds(() => stack.run("up")),
    "up again": await seconds(() => stack.run("up", "--expect-no-changes")),
    refresh: await seconds(() => stack.run("refresh")),
    destroy: await seconds(() => stack.run("destroy")),
  };
  process.stderr.write(`${engine.kind} ${size}: ${Object.values(times).map(inSeconds).join(" ")}\n`);
  return times;
}

/** The peak memory of the engine's own process, without program and provider. */
async function measureMemory(engine: Engine): Promise<Memory> {
  const most: Memory = {};
  let operation = "";
  const measured: Run = async (argv, options) => {
    const { result, megabytes } = await runMeasured(argv, options);
    if (operation) most[operation] = megabytes;
    return result;
  };
  await using stack = await createStack("nothing-flat", engine, measured, { BENCH_RESOURCES: MANY });
  for (const each of OPERATIONS) {
    operation = each;
    await stack.run(each === "up again" ? "up" : each);
  }
  return most;
}

function tableOf(times: Record<Variant, Times>, engines: readonly Engine[]): Table {
  const rows = OPERATIONS.flatMap((operation) => {
    const of = (kind: Kind) => SIZES.map((size) => median(times[`${kind} ${size}`][operation]));
    const [embedded] = engines.some(({ kind }) => kind === "embedded") ? [of("embedded")] : [];
    return engines.map(({ kind }) => {
      const middles = of(kind);
      const [one, , , fiveHundred] = middles as [number, number, number, number];
      const each = (1000 * (fiveHundred - one)) / 499;
      const share = kind === "pulumi" && embedded ? asRatio(embedded[3]! / fiveHundred) : "";
      return [operation, NAMES[kind], ...middles.map(inSeconds), each.toFixed(1), share];
    });
  });
  return { head: ["operation", "engine", ...SIZES, "ms a resource", "embedded / CLI at 500"], rows };
}

/** The peak memory in MB. */
function memoryTable(most: Memory): Table {
  const held = OPERATIONS.map((operation) => String(most[operation]));
  return { head: ["resources", ...OPERATIONS.map((operation) => `${operation} (MB)`)], rows: [[MANY, ...held]] };
}
