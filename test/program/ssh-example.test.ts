import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { compiled, repositoryRoot } from "../../sandbox/root.js";
import { type Engine, engines } from "../support/engines.js";
import { differences, hostState, leavesNothing, output, run } from "../support/host.js";
import { Project } from "../support/project.js";
import { whyNoSsh } from "../support/ssh-host.js";
import type { Tally } from "../support/traffic.js";

const EXAMPLE = join(repositoryRoot, "examples/ssh");
const MACHINES = join(EXAMPLE, "machines.sh");
/** Where the machines' keys lie; gone with the sandbox in any case. */
const FOLDER = "/run/machines";
const NAMES = ["east", "west"] as const;
type Name = (typeof NAMES)[number];

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});

/** The command line that runs a command on a machine, or in a pod of it. */
const on = (machine: Name, argv: readonly string[], pod?: string) => [
  ...[MACHINES, "run", FOLDER, machine],
  ...(pod ? ["ip", "netns", "exec", pod] : []),
  ...argv,
];

/** Who answers at the virtual address that a machine has, asked from there or from a pod of it. */
async function answering(machine: Name, pod?: string): Promise<string[]> {
  const client = [process.execPath, compiled("demo/client.js"), "http://10.100.0.80/", "60", "8", "2000"];
  const { answers, failures } = JSON.parse(await output(on(machine, client, pod))) as Tally;
  expect(failures).toEqual({});
  return Object.keys(answers).sort();
}

/** Runs `body` while each pod has a server that answers with its name, started as in the README. */
async function withServers(pods: number, body: () => Promise<void>): Promise<void> {
  const started: number[] = [];
  try {
    for (const machine of NAMES)
      for (let at = 0; at < pods; at++) {
        const serve = ["env", `NAMESPACE=${machine}${at}`, "PORT=8080", "../composition/shop/serve.sh"];
        started.push(Number(await output(["env", "-C", EXAMPLE, ...on(machine, serve)])));
      }
    await body();
  } finally {
    for (const pid of started) process.kill(pid);
  }
}

const file = (name: string) => readFileSync(join(FOLDER, name), "utf8");

/**
 * Runs `body` with a project that has the machines, and checks that nothing is left on them or
 * here.
 */
async function withMachines({ engine, env }: Engine, body: (project: Project) => Promise<void>): Promise<void> {
  await leavesNothing(async () => {
    await output([MACHINES, "up", FOLDER]);
    const project = await Project.open({ folder: EXAMPLE, engine, env });
    try {
      const look = () => Promise.all(NAMES.map((machine) => hostState((argv) => run(on(machine, argv)))));
      const before = await look();
      for (const machine of NAMES) {
        await project.configure(`${machine}:hostKey`, file(`${machine}.hostkey`));
        await project.configure(`${machine}:privateKey`, file(`${machine}.key`), "--secret");
      }
      await body(project);
      const after = await look();
      expect(NAMES.map((_, at) => differences(before[at]!, after[at]!))).toEqual([[], []]);
      expect(readdirSync("/run").filter((name) => name.startsWith("hostnet"))).toEqual([]);
    } finally {
      project.close();
      await output([MACHINES, "down", FOLDER]);
    }
  });
}

describe.each(engines)("examples/ssh on $name", (engine) => {
  it("pods on two machines answer for one address, more come, and all go again", async ({ skip }) => {
    if (engine.missing !== undefined) skip(engine.missing);
    await withMachines(engine, async (project) => {
      let said = await project.must("up");
      expect(said).toMatch(/21 created/);
      for (const [at, machine] of NAMES.entries()) {
        expect(await output(on(machine, ["ip", "netns"]))).toMatch(new RegExp(`^${machine}0( \\(id: \\d+\\))?\n$`));
        const bridge = await output(on(machine, ["ip", "-br", "addr", "show", "dev", "bridge_home"]));
        expect(bridge).toContain(` 10.${at + 1}.0.1/24 `);
      }
      await withServers(1, async () => {
        for (const machine of NAMES)
          for (const pod of [undefined, `${machine}0`])
            expect(await answering(machine, pod)).toEqual(["east0", "west0"]);
      });

      await project.configure("pods", "2");
      said += await project.must("up");
      expect(said).toMatch(/\+ 10 created\s+21 unchanged/);
      await withServers(2, async () => {
        for (const machine of NAMES) expect(await answering(machine)).toEqual(["east0", "east1", "west0", "west1"]);
      });

      for (const machine of NAMES) {
        const secret = file(`${machine}.key`).split("\n")[2]!;
        expect(project.state()).not.toContain(secret);
        expect(said).not.toContain(secret);
      }
      await project.must("destroy");
    });
  });
});
