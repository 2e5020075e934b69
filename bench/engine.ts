/**
 * `npm run bench:engine`: what an engine itself costs, by resources that do nothing: the embedded one, and the Pulumi CLI where there is one. Touches nothing but
 * its own folder; the cost should grow with the number of resources, and no faster.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chooseEngine, type Engine, findPulumi } from "../demo/engine.js";
import { startCommand } from "../sandbox/command.js";
import { endWith } from "../sandbox/requirements.js";
import { interleave, median, seconds, type Times } from "./interleave.js";
import { describeMachine, thisMachine } from "./machine.js";
import { type Memory, runMeasured } from "./memory.js";
import { createStack, type Run } from "./stack.js";
import { asRatio, inSeconds, table } from "./table.js";

const SIZES = ["1", "10", "100", "500"] as const;
/** So many resources are there when the memory is looked at. */
const MANY = "2000";
const OPERATIONS = ["up", "up again", "refresh", "destroy"] as const;
type Kind = Engine["kind"];
type Variant = `${Kind} ${(typeof SIZES)[number]}`;

await endWith(async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      engine: { type: "string", default: "both" },
      json: { type: "string" },
    },
  });
  const engines = chosen(values.engine);
  const machine = thisMachine();
  console.log(`${describeMachine(machine)}\nRun without a preview; medians of ${values.rounds} rounds in seconds`);
  for (const { kind, description } of engines) console.log(`${kind}: ${description}`);
  const variants = engines.flatMap(({ kind }) => SIZES.map((size): Variant => `${kind} ${size}`));
  const engineOf = (variant: Variant) => engines.find(({ kind }) => variant.startsWith(kind))!;
  const times = await interleave(variants, Number(values.rounds), (variant) =>
    measure(variant.split(" ")[1]!, engineOf(variant)),
  );
  console.log(`\n${report(times, engines)}`);
  // Of the embedded one alone: the CLI takes a quarter of an hour for so many.
  const own = engines.find(({ kind }) => kind === "embedded");
  const memory = own && (await measureMemory(own));
  if (memory) console.log(`\n${reportMemory(memory)}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, times, memory }, null, 2)}\n`);
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

/** The most that the engine's own process, without program and provider, has held at once. */
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

function report(times: Record<Variant, Times>, engines: readonly Engine[]): string {
  const rows = OPERATIONS.flatMap((operation) => {
    const of = (kind: Kind) => SIZES.map((size) => median(times[`${kind} ${size}`][operation]));
    const [embedded] = engines.some(({ kind }) => kind === "embedded") ? [of("embedded")] : [];
    return engines.map(({ kind }) => {
      const middles = of(kind);
      const [one, , hundred, fiveHundred] = middles as [number, number, number, number];
      const growth = (fiveHundred - one) / (hundred - one);
      const share = kind === "pulumi" && embedded ? asRatio(embedded[3]! / fiveHundred) : "";
      return [operation, kind, ...middles.map(inSeconds), asRatio(growth), share];
    });
  });
  return table(["operation", "engine", ...SIZES, "500 / 100 above 1", "embedded / CLI at 500"], rows);
}

function reportMemory(most: Memory): string {
  const rows = [OPERATIONS.map((operation) => String(most[operation]))];
  return `${MANY} resources, the embedded engine's own process at most, in MB\n${table(OPERATIONS, rows)}`;
}
