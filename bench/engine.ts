/**
 * `npm run bench:engine`: what the engine itself costs, by resources that do nothing. Touches nothing but its own folder; the cost should grow with the number
 * of resources, and no faster.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chooseEngine, type Engine } from "../demo/engine.js";
import { startCommand } from "../sandbox/command.js";
import { endWith } from "../sandbox/requirements.js";
import { interleave, median, seconds, type Times } from "./interleave.js";
import { describeMachine, thisMachine } from "./machine.js";
import { createStack } from "./stack.js";
import { asRatio, inSeconds, table } from "./table.js";

const SIZES = ["1", "100", "500"] as const;
type Size = (typeof SIZES)[number];
const OPERATIONS = ["up", "up again", "refresh", "destroy"] as const;

await endWith(async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      engine: { type: "string", default: "embedded" },
      json: { type: "string" },
    },
  });
  const engine = chooseEngine(values.engine);
  const machine = thisMachine();
  console.log(
    `${describeMachine(machine)}\nProgram run by ${engine.description}, without a preview; medians in seconds\n`,
  );
  const times = await interleave(SIZES, Number(values.rounds), (size) => measure(size, engine));
  console.log(report(times));
  if (values.json)
    await writeFile(values.json, `${JSON.stringify({ machine, engine: engine.kind, times }, null, 2)}\n`);
  return 0;
});

async function measure(size: Size, engine: Engine): Promise<Record<string, number>> {
  await using stack = await createStack("nothing-flat", engine, (argv, options) => startCommand(argv, options).ended, {
    BENCH_RESOURCES: size,
  });
  const times = {
    up: await seconds(() => stack.run("up")),
    "up again": await seconds(() => stack.run("up", "--expect-no-changes")),
    refresh: await seconds(() => stack.run("refresh")),
    destroy: await seconds(() => stack.run("destroy")),
  };
  process.stderr.write(`${size}: ${Object.values(times).map(inSeconds).join(" ")}\n`);
  return times;
}

function report(times: Record<Size, Times>): string {
  const rows = OPERATIONS.map((operation) => {
    const middles = SIZES.map((size) => median(times[size][operation]));
    const [one, hundred, fiveHundred] = middles as [number, number, number];
    const growth = (fiveHundred - one) / (hundred - one);
    return [operation, ...middles.map(inSeconds), asRatio(fiveHundred / hundred), asRatio(growth)];
  });
  return table(["operation", ...SIZES, "500 / 100", "above 1"], rows);
}
