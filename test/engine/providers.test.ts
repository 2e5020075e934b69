import { expect, it } from "vitest";
import { HOSTNET } from "../../bin/distribution.js";
import { deploy } from "../../engine/deployment/deployment.js";
import type { ResourceState, Snapshot } from "../../engine/model/types.js";
import type { OwnPackage } from "../../engine/own-package.js";
import type { FixtureProgram } from "./fixture.js";
import { inProcess, OWN } from "./in-process.js";
import { PROGRAM, prepare } from "./surroundings.js";

const [served] = Object.values(OWN);

/** Runs a program on a state. Says how often the SDK's provider process was started. */
async function run(program: FixtureProgram, own: Partial<OwnPackage> = {}, base?: Snapshot) {
  prepare(program, {});
  const runners = inProcess(program);
  let started = 0;
  const said: string[] = [];
  const { snapshot, status } = await deploy(
    {
      distribution: { ...HOSTNET, packages: { test: { ...served!, ...own } } },
      operation: "up",
      project: { name: "fixture", root: PROGRAM, options: { typescript: false } },
      stack: "t",
      organization: "organization",
      config: {},
      secretKeys: [],
      stackOutputs: () => Promise.reject(new Error("no other stack")),
      save: async () => {},
      onEvent: (event) => {
        if ("diagnosticEvent" in event) said.push(event.diagnosticEvent.message);
      },
      parallel: 4,
      refresh: false,
      signal: new AbortController().signal,
      ...(base ? { base } : {}),
    },
    {
      ...runners,
      provider: (options) => {
        started++;
        return runners.provider(options);
      },
    },
  );
  const made = snapshot.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  return { started, status, said, snapshot, made: made.map(({ urn }: ResourceState) => urn.split("::").pop()) };
}

const OTHER = "pulumi-nodejs:dynamic/other:Thing";

it("no process is started for resources of the package that ships the engine", async () => {
  expect(await run({ resources: [{ name: "a" }] })).toMatchObject({ started: 0, status: "succeeded", made: ["a"] });
});

it("one process is started for all others, beside them", async () => {
  const resources = [{ name: "a" }, { name: "b", type: OTHER }, { name: "c", type: OTHER }];
  const first = await run({ resources });
  expect(first).toMatchObject({ started: 1, status: "succeeded", made: ["a", "b", "c"] });
  // What only the state has is deleted by the code that it has.
  expect(await run({ resources: [] }, {}, first.snapshot)).toMatchObject({ started: 1, made: [] });
});

it("a type like the package's with code that is not its own is served by the process", async () => {
  const others = await run({ resources: [{ name: "a" }] }, { handlerOf: () => undefined });
  expect(others).toMatchObject({ started: 1, status: "succeeded", made: ["a"] });
});

it("a program without the package's resources needs no code of it", async () => {
  const missing = { serve: () => Promise.reject(new Error("not installed")) };
  expect(await run({ resources: [{ name: "b", type: OTHER }] }, missing)).toMatchObject({ status: "succeeded" });
  const { status, said } = await run({ resources: [{ name: "a" }] }, missing);
  expect(status).toBe("failed");
  expect(said.join("\n")).toContain("not installed");
});

it("what the package's code says is told, and it hears when the program has declared all", async () => {
  const heard: unknown[] = [];
  const serve: OwnPackage["serve"] = async (options) => {
    options.say(`${options.state.length} in the state`);
    const serving = await served!.serve(options);
    return { ...serving, finish: async (untargeted) => void heard.push(untargeted) };
  };
  const first = await run({ resources: [{ name: "a" }] }, { serve });
  expect(first.said).toContain("0 in the state");
  const second = await run({ resources: [{ name: "a" }, { name: "b" }] }, { serve }, first.snapshot);
  expect(second.said).toContain("1 in the state");
  expect(heard).toEqual([[], []]);
});
