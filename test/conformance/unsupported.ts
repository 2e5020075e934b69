import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { HOSTNET } from "../../bin/distribution.js";
import { deploy } from "../../engine/deployment/deployment.js";
import type { DeploymentRequest, EngineEvent, ResourceState, Snapshot } from "../../engine/model/types.js";
import { makeWorld, snapshotOf, stackUrn } from "../engine/cli-world.js";
import { inline } from "../engine/in-process.js";
import { PROGRAM } from "../engine/surroundings.js";

/**
 * Something that the Pulumi CLI can do and the embedded engine can't, and a way to see the error
 * that a user gets.
 */
export interface Unsupported {
  what: string;
  error(): Promise<string>;
}

class Thing extends pulumi.CustomResource {
  constructor(props: object = {}, opts: pulumi.CustomResourceOptions = {}, type = "pulumi-nodejs:dynamic/test:Thing") {
    super(type, "x", { __provider: "exports.handler = () => ({})", ...props }, opts);
  }
}
class Explicit extends pulumi.ProviderResource {}
class Remote extends pulumi.ComponentResource {
  constructor() {
    super("eks:index:Cluster", "x", {}, {}, true);
  }
}

const hook = () => new pulumi.ResourceHook("before", async () => {});

const errorsOf = (events: EngineEvent[]): string =>
  events
    .flatMap((event) =>
      "diagnosticEvent" in event && event.diagnosticEvent.severity === "error" ? [event.diagnosticEvent.message] : [],
    )
    .join("\n");

/** What a program, or a stack with that resource in its state, is told. */
async function told(program: () => unknown, base?: Snapshot): Promise<string> {
  const events: EngineEvent[] = [];
  const request: DeploymentRequest = {
    distribution: HOSTNET,
    ...{ operation: "up", stack: "t", organization: "organization", config: {}, secretKeys: [], parallel: 1 },
    project: { name: "fixture", root: PROGRAM, options: {} },
    stackOutputs: () => Promise.reject(new Error("no other stack")),
    save: async () => {},
    onEvent: (event) => events.push(event),
    refresh: false,
    signal: new AbortController().signal,
    ...(base ? { base } : {}),
  };
  await deploy(
    request,
    inline(async () => void (await program())),
  );
  return errorsOf(events);
}

const program = (what: string, run: () => unknown): Unsupported => ({ what, error: () => told(run) });

const resource = (more: Partial<ResourceState>): ResourceState => ({
  ...{ urn: "urn:pulumi:t::fixture::pulumi-nodejs:dynamic/test:Thing::x", custom: true, id: "x" },
  ...{ type: "pulumi-nodejs:dynamic/test:Thing", parent: stackUrn },
  ...more,
});
const state = (what: string, more: Partial<ResourceState>): Unsupported => ({
  what,
  error: () => told(() => {}, snapshotOf({}, resource(more))),
});

type World = ReturnType<typeof makeWorld>;

/** What a command says, after something was done to a project with a stack. */
const command = (
  what: string,
  argv: string[],
  before: (world: World) => void = () => {},
  env: Record<string, string> = {},
): Unsupported => ({
  what,
  async error() {
    const world = makeWorld({}, { ...HOSTNET, command: "engine" });
    await world.hostnet("stack", "init", "dev");
    before(world);
    Object.assign(world.env, env);
    const { err } = await world.hostnet(...argv);
    return err.replaceAll(world.home, "…");
  },
});

const preview = ["preview", "--stack", "dev"];
const settings = (text: string) => (world: World) => writeFileSync(join(world.project, "Pulumi.dev.yaml"), text);
const stateFile = (content: object) => (world: World) => writeFileSync(world.stackFile(), JSON.stringify(content));
const unknownFlag = (flag: string, ...argv: string[]): Unsupported => command(`\`${flag}\``, [...argv, flag]);

export const UNSUPPORTED: Record<string, Unsupported[]> = {
  "In a program": [
    program("resources of any plugin (dynamic resources, components and stack references are all there is)", () => {
      new Thing({}, {}, "aws:s3/bucket:Bucket");
    }),
    program("components that a plugin implements", () => void new Remote()),
    program("the option `import`", () => void new Thing({}, { import: "id" })),
    program("the option `provider` (explicit providers)", () => {
      new Thing({}, { provider: new Explicit("pulumi-nodejs", "mine", {}) });
    }),
    program("the option `hooks`", () => void new Thing({}, { hooks: { beforeCreate: [hook()] } })),
    program("the option `transforms`, and stack transforms (stack *transformations* work)", () => {
      pulumi.runtime.registerResourceTransform(() => undefined);
    }),
    program("`get` of a resource that isn't managed here, and the option `id`", () => void new Thing({}, { id: "id" })),
    program("functions of plugins", () => pulumi.runtime.invoke("aws:index/getRegion:getRegion", {})),
    program("assets and archives", () => void new Thing({ file: new pulumi.asset.StringAsset("text") })),
    command("languages other than Node's", preview, ({ project }) =>
      writeFileSync(join(project, "Pulumi.yaml"), "name: shop\nruntime: python\n"),
    ),
  ],
  "In a stack's state": [
    state("resources of a plugin", {
      type: "aws:s3/bucket:Bucket",
      urn: "urn:pulumi:t::fixture::aws:s3/bucket:Bucket::x",
    }),
    state("properties of a resource that the engine doesn't know", { viewOf: "y" }),
    command("features", preview, stateFile({ version: 4, features: ["refreshBeforeUpdate"], checkpoint: {} })),
    command("deployments before version 3", preview, stateFile({ version: 2, checkpoint: {} })),
    command("versions of later CLIs", preview, stateFile({ version: 5, checkpoint: {} })),
    command("gzip (`PULUMI_DIY_BACKEND_GZIP`)", preview, ({ stackFile }) =>
      renameSync(stackFile(), `${stackFile()}.gz`),
    ),
    command("the layout before Pulumi 3.61", preview, ({ file }) => {
      mkdirSync(file("stacks"), { recursive: true });
      writeFileSync(file("meta.yaml"), "version: 0\n");
    }),
  ],
  "Around it": [
    command("backends other than a folder", preview, undefined, { PULUMI_BACKEND_URL: "s3://bucket" }),
    command("secrets providers other than the passphrase", preview, settings("secretsprovider: awskms://alias/x\n")),
    command("`import`", ["import", "pulumi-nodejs:dynamic/hostnet:Bridge", "home", "bridge_home", "--yes"]),
    command("other commands: `state`, `watch`, `logs`, `policy` …", ["state"]),
    unknownFlag("--policy-pack", "up"),
    unknownFlag("--continue-on-error", "up"),
    unknownFlag("--config", "up"),
    unknownFlag("--ignore-protect", "destroy"),
    unknownFlag("--exclude-protected", "destroy"),
    unknownFlag("--remove", "destroy"),
    unknownFlag("--run-program", "destroy"),
    unknownFlag("--clear-pending-creates", "refresh"),
    unknownFlag("--save-plan", "preview"),
    unknownFlag("--import-file", "preview"),
  ],
};
