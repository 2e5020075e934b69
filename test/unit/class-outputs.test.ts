import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import * as resources from "../../provider/resources.js";
import { repositoryRoot } from "../../sandbox/root.js";
import * as sdk from "../../sdk/index.js";

/** What each class has besides its arguments, and one of it with as few arguments as can be. */
const CLASSES: Record<string, { adds: string[]; make: () => pulumi.Resource }> = {
  Bridge: { adds: [], make: () => new sdk.Bridge("x", { name: "br" }) },
  Macvlan: { adds: [], make: () => new sdk.Macvlan("x", { name: "mv", link: "eth0" }) },
  NetNamespace: { adds: ["path"], make: () => new sdk.NetNamespace("x", { name: "ns" }) },
  VethPair: { adds: ["peerMacAddress"], make: () => new sdk.VethPair("x", { name: "v", peer: { name: "p" } }) },
  NatChain: { adds: ["vips"], make: () => new sdk.NatChain("x", { name: "A-SERVICES" }) },
  ServiceVip: {
    adds: ["url", "hostPort", "chainName"],
    make: () => new sdk.ServiceVip("x", { chain: "A-SERVICES", name: "S", address: "10.7.0.1", ports: [{ port: 80 }] }),
  },
  Endpoint: {
    adds: ["chainName", "serviceChainName"],
    make: () => new sdk.Endpoint("x", { service: "A-SERVICES/S", name: "E", address: "10.0.0.9" }),
  },
};

/** What every argument list has besides the schema of its kind. */
const COMMON = ["host", "adopt"];

/** The text of the SDK, file by file. */
const sources = readdirSync(join(repositoryRoot, "sdk"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(repositoryRoot, "sdk", name), "utf8"));

/** Declared property → its type, as the source says. */
function declaredIn(text: string): Record<string, string> {
  const found = text.matchAll(/^ {2}declare readonly (\w+): pulumi\.Output<(.*)>;$/gm);
  return Object.fromEntries([...found].map(([, name, type]) => [name, type]));
}

const sourceOf = (name: string) => sources.find((text) => text.includes(`export class ${name} `))!;
const common = declaredIn(sources.find((text) => text.includes("abstract class HostResource"))!);

beforeAll(() => {
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call: ({ inputs }) => inputs,
  });
});

it("no kind is left out", () => {
  expect(Object.keys(CLASSES).sort()).toEqual(
    Object.values(resources)
      .map(({ kind }) => kind)
      .sort(),
  );
});

describe.each(Object.values(resources))("the outputs of $kind", ({ kind, schema }) => {
  const { adds, make } = CLASSES[kind]!;
  const declared = { ...common, ...declaredIn(sourceOf(kind)) };
  const wanted = [...new Set([...COMMON, ...Object.keys(schema.shape), ...adds])].sort();

  it("are declared: all arguments of the schema, and no more than what is documented", () => {
    expect(Object.keys(declared).sort()).toEqual(wanted);
  });

  it("are there when the program runs, those of arguments that are left out too", () => {
    const one = make() as unknown as Record<string, unknown>;
    const outputs = Object.keys(one).filter((key) => pulumi.Output.isInstance(one[key]) && !/^(urn|id|__)/.test(key));
    expect(outputs.sort()).toEqual(wanted);
  });

  it("may be undefined just where the argument can be left out and nothing is filled in", () => {
    const optional = Object.entries(schema.shape as Record<string, { safeParse(value: unknown): { success: boolean } }>)
      .filter(([, each]) => each.safeParse(undefined).success)
      .map(([key]) => key);
    const missing = Object.keys(declared).filter((key) => declared[key]!.endsWith("| undefined"));
    const computed = ["macAddress", "chainName", "serviceChainName", "vips"];
    const judged = (keys: string[]) => keys.filter((key) => !computed.includes(key)).sort();
    expect(judged(missing)).toEqual(judged([...COMMON, ...optional]));
  });
});
