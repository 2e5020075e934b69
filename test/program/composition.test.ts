import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { findProgram } from "../../system/path.js";
import { type Engine, embedded, engines } from "../support/engines.js";
import { hostState, leavesNothing, output, run } from "../support/host.js";
import { Project } from "../support/project.js";
import { request } from "../support/traffic.js";
import { rules } from "./chains.js";

const EXAMPLE = join(repositoryRoot, "examples/composition");
const PODS = ["shop-0", "shop-1"];

interface Stacks {
  network: Project;
  shop: Project;
}

/** Runs `body` with both stacks made and nothing in them yet. */
async function withStacks({ engine, env }: Engine, body: (stacks: Stacks) => Promise<void>): Promise<void> {
  const network = await Project.open({ folder: join(EXAMPLE, "network"), engine, env });
  // One backend has both, so that one finds the other.
  const { PULUMI_BACKEND_URL = "", PULUMI_HOME = "" } = network.env;
  const shop = await Project.open({
    folder: join(EXAMPLE, "shop"),
    engine,
    env: { ...env, PULUMI_BACKEND_URL, PULUMI_HOME },
  });
  try {
    await leavesNothing(() => body({ network, shop }));
  } finally {
    shop.close();
    network.close();
  }
}

/** Brings both up, runs `look`, and destroys them: what uses the network first. */
async function live({ network, shop }: Stacks, look: () => Promise<void>): Promise<void> {
  await network.must("up");
  const alone = await rules();
  await shop.must("up");
  await look();
  await shop.must("up", "--expect-no-changes");
  await network.must("up", "--expect-no-changes");
  await shop.must("destroy");
  expect(await rules()).toEqual(alone);
  await network.must("destroy");
}

/** Both pods answer at the virtual IP, and nobody else. */
const bothAnswer = async () => {
  for (const from of [{}, { netns: "shop-0" }]) {
    const { answers, failures } = await request({ ...from, url: "http://10.100.0.80/", count: 60 });
    expect({ who: Object.keys(answers).sort(), failures }).toEqual({ who: PODS, failures: {} });
  }
};

/** Starts a pod's server as the README does; its process id. */
const serve = async (pod: string) => {
  const { exitCode, stdout, stderr } = await run([join(EXAMPLE, "shop/serve.sh")], {
    env: { NAMESPACE: pod, PORT: "8080" },
  });
  if (exitCode !== 0) throw new Error(stderr);
  return Number(stdout);
};

/** The servers that run. */
const servers = async () =>
  (await output(["ps", "-eo", "args"])).split("\n").filter((line) => /server\.mjs/.test(line));

describe.each(engines)("examples/composition on $name", (engine) => {
  it("a stack puts its pods and its service into the network of another", async ({ skip }) => {
    if (engine.missing !== undefined) skip(engine.missing);
    await withStacks(engine, (stacks) =>
      live(stacks, async () => {
        const ports = await output(["ip", "-br", "link", "show", "master", "bridge_home"]);
        expect([...ports.matchAll(/^veth_[\w-]+/gm)].map(String).sort()).toEqual(["veth_shop-0", "veth_shop-1"]);
        const started: number[] = [];
        try {
          for (const pod of PODS) started.push(await serve(pod));
          await expect(serve("shop-0")).rejects.toThrow("port 8080 of shop-0 is taken");
          await bothAnswer();
        } finally {
          for (const pid of started) process.kill(pid);
        }
      }),
    );
  });

  it("with `startServers` a server runs in each pod, or the engine says that it can't", async ({ skip }) => {
    if (engine.missing !== undefined) skip(engine.missing);
    const plugin = "pulumi-resource-command";
    if (engine !== embedded && !findProgram(plugin, engine.env.PATH)) skip(`no ${plugin} on PATH`);
    await withStacks(engine, async (stacks) => {
      await stacks.shop.configure("startServers", "true");
      if (engine === embedded) return isRefused(stacks);
      await live(stacks, async () => {
        await bothAnswer();
        expect(await servers()).toHaveLength(2);
      });
    });
    expect(await servers()).toEqual([]);
  });
});

/** Nothing is made, and the way out is named. */
async function isRefused({ network, shop }: Stacks): Promise<void> {
  await network.must("up");
  const before = await hostState();
  const { exitCode, text } = await shop.run("preview");
  expect(exitCode).not.toBe(0);
  expect(text).toMatch(/'shop-0': command:local:Command needs the plugin of package command.*; use the Pulumi CLI/);
  expect(await hostState()).toEqual(before);
  await network.must("destroy");
}
