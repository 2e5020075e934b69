import { readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { put, sentence, stack } from "./broken.js";

const state = (latest: unknown) => JSON.stringify({ version: 3, checkpoint: { latest } });
const urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const resource = (more: object) => state({ manifest: {}, resources: [{ urn, type: "pulumi:pulumi:Stack", ...more }] });

const STATES: [name: string, content: string, why: string][] = [
  ["a folder", "folder", "it is a folder (EISDIR); move it away"],
  ["empty", "", "the stack's state is empty"],
  ["truncated", state({}).slice(0, -9), "the stack's state is not JSON"],
  ["no JSON", "hello", "the stack's state is not JSON"],
  ["binary", "\u0000\u0001\u001b[2J", "the stack's state is not JSON"],
  ["{}", "{}", "it has no version, so it is no stack's state"],
  ["null", "null", "the stack's state is no object"],
  ["a list", "[]", "the stack's state is no object"],
  ["without a checkpoint", '{"version":3}', "there is no checkpoint in it"],
  ["a list for a deployment", state([]), "its deployment is no object"],
  ["a map for the resources", state({ resources: {} }), 'its "resources" is {}, and must be a list'],
  ["a number for a resource", state({ resources: [1] }), "resource 1 is 1, and must be an object"],
  ["a number for a URN", resource({ urn: 1 }), 'its "urn" is 1, and must be a text'],
  ["no URN for a URN", resource({ urn: "x" }), 'its "urn" is "x", and must be urn:pulumi:'],
  ["a resource without a type", resource({ type: "" }), `resource 1 (${urn}) has no type`],
  ["a text for inputs", resource({ inputs: "x" }), `resource 1 (${urn}): its "inputs" is "x", and must be an object`],
  [
    "a text for dependencies",
    resource({ dependencies: "x" }),
    'its "dependencies" is "x", and must be a list of texts',
  ],
  [
    "a number for pending operations",
    state({ pending_operations: 3 }),
    'its "pending_operations" is 3, and must be a list',
  ],
  [
    "a pending operation of nothing",
    state({ pending_operations: [{ type: "creating" }] }),
    "the resource of pending operation 1 is missing, and must be an object",
  ],
  ["a text for the manifest", state({ manifest: "x" }), 'its "manifest" is "x", and must be an object'],
  ["another version", '{"version":"3"}', 'the state has the unknown version "3"; use the Pulumi CLI'],
];

test.each(STATES)("a state that is %s is named, with the reason and the cure", async (_, content, why) => {
  const world = await stack();
  const file = world.stackFile();
  put(file, content);
  for (const command of [
    ["up", "-yf"],
    ["preview"],
    ["stack"],
    ["stack", "export"],
    ["stack", "output"],
    ["destroy", "-yf"],
  ]) {
    const said = sentence(await world.hostnet(...command));
    expect(said).toContain(`${file}: `);
    expect(said).toContain(why);
    if (!/EISDIR|unknown version/.test(why)) expect(said).toContain(`the state before is in ${file}.bak`);
  }
  if (content !== "folder") expect(readFileSync(file, "utf8"), "as it was").toBe(content);
  expect((await world.hostnet("stack", "ls")).out).toContain("dev*");
});

test("without a state before, a backup is asked for", async () => {
  const world = await stack();
  put(world.stackFile(), "{}");
  rmSync(`${world.stackFile()}.bak`);
  expect(sentence(await world.hostnet("up", "-yf"))).toContain("dev.json.bak: restore the file from a backup");
});
