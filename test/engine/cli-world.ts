import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { HOSTNET } from "../../bin/distribution.js";
import { run } from "../../engine/cli/run.js";
import type { Signal, Surroundings } from "../../engine/cli/surroundings.js";
import type { Screen } from "../../engine/display/screen.js";
import type {
  DeploymentRequest,
  DeploymentResult,
  PropertyMap,
  ResourceState,
  Snapshot,
} from "../../engine/model/types.js";

export const STACK_TYPE = "pulumi:pulumi:Stack";
export const stackUrn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
export const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

export function snapshotOf(outputs: PropertyMap, ...more: ResourceState[]): Snapshot {
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
  return { manifest, resources: [{ urn: stackUrn, custom: false, type: STACK_TYPE, outputs }, ...more] };
}

/** An engine that does nothing: it saves, and says that it did, what it is told to. */
export function fakeDeploy(
  work: (request: DeploymentRequest) => Promise<Partial<DeploymentResult>> | Partial<DeploymentResult>,
): Surroundings["deploy"] {
  return async (request) => {
    const snapshot = request.base ?? snapshotOf({});
    return { status: "succeeded", changes: {}, snapshot, outputs: {}, ...(await work(request)) };
  };
}

/** A project in a folder of its own, and a way to run commands in it as a user would. */
export function makeWorld(env: Record<string, string> = {}, distribution = HOSTNET) {
  const home = mkdtempSync(join(tmpdir(), "hostnet-cli-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const project = join(home, "shop");
  const state = join(home, "state");
  mkdirSync(project);
  mkdirSync(state);
  writeFileSync(join(project, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  const handlers = new Set<(signal: Signal) => void>();
  const world = {
    home,
    project,
    state,
    /** Where the CLI keeps what belongs to the backend. */
    file: (...parts: string[]) => join(state, ".pulumi", ...parts),
    stackFile: () => join(state, ".pulumi", "stacks", "shop", "dev.json"),
    answers: [] as string[],
    /** What is piped in. */
    input: "",
    interactive: false,
    terminal: false,
    colors: false,
    screen: undefined as Screen | undefined,
    killed: [] as number[],
    deploy: fakeDeploy(() => ({})) as Surroundings["deploy"],
    env: {
      HOME: home,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "pass",
      ...env,
    } as NodeJS.ProcessEnv,
    signal: (name: Signal) => {
      for (const handler of handlers) handler(name);
    },
    async hostnet(...argv: string[]) {
      const out: string[] = [];
      const err: string[] = [];
      let unexpected: Error | undefined;
      // An expectation that fails within the engine must not end as an error that the command
      // reports and the test overlooks.
      const remember = (error: Error): never => {
        if (error.name === "AssertionError") unexpected = error;
        throw error;
      };
      const code = await run(distribution, argv, {
        env: world.env,
        cwd: project,
        out: (text) => void out.push(text),
        err: (text) => void err.push(text),
        interactive: world.interactive,
        terminal: world.terminal,
        colors: world.colors,
        ...(world.screen ? { screen: world.screen } : {}),
        input: async () => world.input,
        ask: async () => world.answers.shift() ?? "",
        hold: () => () => {},
        deploy: (request) => world.deploy(request).catch(remember),
        onSignal: (handler) => {
          handlers.add(handler);
          return () => handlers.delete(handler);
        },
        kill: (exitCode, last) => {
          last();
          world.killed.push(exitCode);
        },
      });
      if (unexpected) throw unexpected;
      return { code, out: out.join(""), err: err.join("") };
    },
  };
  return world;
}
