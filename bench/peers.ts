/**
 * `npm run bench:peers`: what namespaces with cables, addresses and default routes cost, in CPU
 * time and wall time: with ours, with ifstate, and with shell scripts. Everything happens in
 * throw-away hosts. ifstate comes from PyPI, into a temporary folder.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseEngine } from "../demo/engine.js";
import type { RunResult } from "../sandbox/command.js";
import { createSandbox, type Sandbox } from "../sandbox/host.js";
import { differences, hostState } from "../sandbox/hoststate.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { makeTemporary } from "../sandbox/temporary.js";
import { batchScripts, plainScripts, type Scripts } from "./cable-script.js";
import { mustHaveCables } from "./cables-made.js";
import { type Cost, runCounted } from "./cpu.js";
import { IFSTATE, IFSTATE_EMPTY, ifstateConfig, installIfstate } from "./ifstate.js";
import { interleave, median, type Times } from "./interleave.js";
import { describeMachine, engineName, thisMachine } from "./machine.js";
import { benchOptions } from "./options.js";
import { type CablePlan, cablePlans, needBridge, type Shape } from "./programs/cable-plan.js";
import { writeReport } from "./report.js";
import { createStack } from "./stack.js";
import { asRatio, asText, inSeconds, type Table } from "./table.js";

const OPERATIONS = ["up", "up again", "destroy"] as const;
type Operation = (typeof OPERATIONS)[number];
const MEASURES = ["CPU", "wall"] as const;
const PEERS = ["ifstate", "script", "batch script"] as const;
type Contender = "ours" | (typeof PEERS)[number];

/** Does one operation and says what it cost. Undefined: the contender doesn't have it. */
type Act = (operation: Operation) => Promise<Cost | undefined>;

interface Figures {
  shape: Shape;
  namespaces: number;
  times: Partial<Record<Contender, Times>>;
}

const USAGE = "npm run bench:peers -- [--routed 100,500] [--bridged 100] [--rounds N] [--json FILE] [--write]";
const TIMEOUT_MS = 600_000;

await endWith(async () => {
  const values = benchOptions(USAGE, {
    routed: { type: "string", default: "100,500" },
    bridged: { type: "string", default: "100" },
    rounds: { type: "string", default: "5" },
  });
  if (!values) return 0;
  await meetRequirements({ install: true });
  await using folder = makeTemporary("hostnet-peers-");
  const machine = thisMachine();
  const ifstate = await installIfstate(folder.path);
  const peer = "missing" in ifstate ? `ifstate not measured: ${ifstate.missing}` : IFSTATE;
  const run = `${engineName(chooseEngine("embedded"))}, without a preview; ${peer}; medians of ${values.rounds} rounds`;
  console.log(`${describeMachine(machine)}\n${run}\n`);
  const contenders: Contender[] = ["ours", ...PEERS.filter((each) => each !== "ifstate" || "command" in ifstate)];
  const command = "command" in ifstate ? ifstate.command : "";
  const figures: Figures[] = [];
  for (const { shape, namespaces } of [...sizesOf("routed", values.routed), ...sizesOf("bridged", values.bridged)]) {
    const plans = cablePlans(shape, namespaces);
    const times = await interleave(contenders, Number(values.rounds), (contender) =>
      measure(contender, plans, { folder: folder.path, command }),
    );
    figures.push({ shape, namespaces, times });
  }
  const result = tableOf(figures);
  console.log(asText(result));
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  if (values.write) writeReport("peers", { machine, run, tables: [result] });
  return 0;
});

/** The sizes of a shape, from a list such as `100,500`. Empty: none. */
function sizesOf(shape: Shape, list: string): { shape: Shape; namespaces: number }[] {
  const sizes = list.split(",").filter(Boolean);
  return sizes.map((size) => ({ shape, namespaces: Number(size) }));
}

/** Where ifstate is. */
interface Installed {
  folder: string;
  command: string;
}

/** One round of one contender, in a host of its own. A time counts when the host is as declared. */
async function measure(contender: Contender, plans: readonly CablePlan[], ifstate: Installed) {
  await using sandbox = await createSandbox();
  const look = () => hostState((argv) => sandbox.run(argv));
  const before = await look();
  await using acting = await actsOf(contender, sandbox, plans, ifstate);
  const costs: Record<string, number> = {};
  for (const operation of OPERATIONS) {
    const cost = await acting.act(operation);
    if (!cost) continue;
    Object.assign(costs, { [`${operation} CPU`]: cost.cpu, [`${operation} wall`]: cost.wall });
    if (operation !== "destroy") await mustHaveCables(sandbox.run, plans);
  }
  const left = differences(before, await look());
  if (left.length > 0) throw new Error(`${contender} has left something behind:\n${left.slice(0, 20).join("\n")}`);
  process.stderr.write(`${contender} ${plans.length}: ${Object.values(costs).map(inSeconds).join(" ")}\n`);
  return costs;
}

type Acting = AsyncDisposable & { act: Act };

async function actsOf(
  contender: Contender,
  sandbox: Sandbox,
  plans: readonly CablePlan[],
  ifstate: Installed,
): Promise<Acting> {
  if (contender === "ours") return ours(sandbox, plans);
  const act = {
    ifstate: () => withIfstate(sandbox, plans, ifstate),
    script: () => withScript(sandbox, plainScripts(plans)),
    "batch script": () => withScript(sandbox, batchScripts(plans)),
  }[contender]();
  return { act, [Symbol.asyncDispose]: async () => {} };
}

async function ours(sandbox: Sandbox, plans: readonly CablePlan[]): Promise<Acting> {
  let last: Cost | undefined;
  const counted = async (...[argv, options]: Parameters<Sandbox["run"]>) => {
    const { result, cost } = await runCounted(sandbox, argv, options ?? {});
    last = cost;
    return result;
  };
  const env = { BENCH_CABLES: String(plans.length), BENCH_SHAPE: needBridge(plans) ? "bridged" : "routed" };
  const stack = await createStack("cables", chooseEngine("embedded"), counted, env);
  const act: Act = async (operation) => {
    if (operation === "up again") await stack.run("up", "--expect-no-changes");
    else await stack.run(operation);
    return last;
  };
  return { act, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

function withIfstate(sandbox: Sandbox, plans: readonly CablePlan[], { folder, command }: Installed): Act {
  return async (operation) => {
    const file = join(folder, "ifstate.yaml");
    await writeFile(file, operation === "destroy" ? IFSTATE_EMPTY : ifstateConfig(plans));
    return costOf(
      await runCounted(sandbox, [command, "--quiet", "--config", file, "apply"], { timeoutMs: TIMEOUT_MS }),
    );
  };
}

function withScript(sandbox: Sandbox, scripts: Scripts): Act {
  return async (operation) => {
    if (operation === "up again") return undefined;
    return costOf(await runCounted(sandbox, ["sh"], { input: scripts[operation], timeoutMs: TIMEOUT_MS }));
  };
}

function costOf({ result, cost }: { result: RunResult; cost: Cost }): Cost {
  if (result.exitCode !== 0) throw new Error(`it ended with ${result.exitCode}: ${result.stdout}${result.stderr}`);
  return cost;
}

function tableOf(figures: readonly Figures[]): Table {
  const rows = figures.flatMap(({ shape, namespaces, times }) =>
    OPERATIONS.flatMap((operation) =>
      MEASURES.map((measured) => {
        const of = (contender: Contender) => median(times[contender]?.[`${operation} ${measured}`]);
        // Where a peer took less than the clock's hundredth there is no ratio.
        const against = PEERS.flatMap((peer) => [inSeconds(of(peer)), asRatio(of("ours") / (of(peer) || Number.NaN))]);
        return [shape, String(namespaces), operation, measured, inSeconds(of("ours")), ...against];
      }),
    ),
  );
  const head = [
    "shape",
    "namespaces",
    "operation",
    "time",
    "ours (s)",
    ...PEERS.flatMap((peer) => [`${peer} (s)`, "ratio"]),
  ];
  return { head, rows };
}
