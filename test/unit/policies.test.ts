import { createRequire } from "node:module";
import {
  type Policies,
  validateRemediateResourceOfType,
  validateResourceOfType,
  validateStackResourcesOfType,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { beforeAll, describe, expect, it } from "vitest";
import * as sdk from "../../sdk/index.js";

type Rpc = (
  name: string,
  version: string,
  level: string,
  policies: Policies,
) => (call: unknown, callback: unknown) => Promise<void>;
/** What the CLI calls of a policy pack. */
const server = createRequire(import.meta.url)("@pulumi/policy/server") as Record<
  "makeAnalyzeRpcFun" | "makeAnalyzeStackRpcFun" | "makeRemediateRpcFun",
  Rpc
>;
const { AnalyzeRequest, AnalyzeStackRequest, AnalyzerResource, AnalyzerResourceOptions } = createRequire(
  import.meta.url,
)("@pulumi/pulumi/proto/analyzer_pb");

const host = { netns: "none" };
const listed = { chain: "A-SERVICES", name: "S", address: "10.7.0.1", ports: [{ port: 80 }] };
/** Each class of the package, and one of it. */
const MADE: Record<string, () => pulumi.Resource> = {
  Bridge: () => new sdk.Bridge("x", { name: "br" }),
  Macvlan: () => new sdk.Macvlan("x", { name: "mv", link: "eth0" }),
  NetNamespace: () => new sdk.NetNamespace("x", { name: "ns" }),
  VethPair: () => new sdk.VethPair("x", { name: "v", peer: { name: "p" } }),
  NatChain: () => new sdk.NatChain("x", { name: "A-SERVICES" }),
  ServiceVip: () => new sdk.ServiceVip("x", listed),
  Endpoint: () => new sdk.Endpoint("x", { service: "A-SERVICES/S", name: "E", address: "10.0.0.9" }),
  Pod: () => new sdk.Pod("x", { name: "ns", bridge: "br", address: "10.0.0.2/24", host }),
  PodNetwork: () => new sdk.PodNetwork("x", { bridge: "br", cidr: "10.0.0.0/24" }),
  ClusterIpService: () => new sdk.ClusterIpService("x", { ...listed, endpoints: {} }),
};
type Class = {
  new (name: string, args: object): pulumi.Resource;
  __pulumiType: string;
  isInstance(obj: unknown): boolean;
};
const classes = Object.entries(sdk).filter((each): each is [string, never] => typeof each[1] === "function") as [
  string,
  Class,
][];

beforeAll(() => {
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call: ({ inputs }) => inputs,
  });
});

it("no class is left out", () => {
  expect(classes.map(([name]) => name).sort()).toEqual(Object.keys(MADE).sort());
  expect(new Set(classes.map(([, each]) => each.__pulumiType)).size).toBe(classes.length);
});

/**
 * What a policy pack answers to the CLI: the names of the policies that a resource breaks, and of
 * those that don't concern it.
 */
async function ask(
  policies: Policies,
  type: string,
  props: Record<string, never> | object,
): Promise<Record<"broken" | "passed", string[]>> {
  const properties = Struct.fromJavaScript(props as never);
  const one = new AnalyzeRequest();
  one.setType(type);
  one.setProperties(properties);
  one.setOptions(new AnalyzerResourceOptions());
  const whole = new AnalyzeStackRequest();
  const inStack = new AnalyzerResource();
  inStack.setType(type);
  inStack.setProperties(properties);
  inStack.setOptions(new AnalyzerResourceOptions());
  whole.setResourcesList([inStack]);
  const broken: string[] = [];
  const passed: string[] = [];
  for (const [make, request] of [
    ["makeAnalyzeRpcFun", one],
    ["makeAnalyzeStackRpcFun", whole],
  ] as const)
    await server[make](
      "pack",
      "1.0.0",
      "mandatory",
      policies,
    )({ request }, (error: unknown, response: Response) => {
      if (error) throw error;
      broken.push(...response.getDiagnosticsList().map((each) => each.getPolicyname()));
      passed.push(...response.getNotApplicableList().map((each) => each.getPolicyName()));
    });
  return { broken: [...new Set(broken)].sort(), passed: [...new Set(passed)].sort() };
}
interface Response {
  getDiagnosticsList(): { getPolicyname(): string }[];
  getNotApplicableList(): { getPolicyName(): string }[];
}

const breaks = (name: string, of: object) => ({
  name,
  description: name,
  enforcementLevel: "mandatory" as const,
  ...of,
});

describe.each(classes)("a typed policy of %s", (name, resourceClass) => {
  const others = classes.filter(([, each]) => each !== resourceClass);
  const policies = [
    breaks("typed", {
      validateResource: validateResourceOfType(resourceClass, (_props, _args, report) => report("typed")),
    }),
    breaks("asked", {
      validateResource: (args: { isType(of: Class): boolean }, report: (message: string) => void) => {
        if (args.isType(resourceClass)) report("asked");
      },
    }),
    breaks("read", {
      validateResource: (args: { asType(of: Class): object | undefined }, report: (message: string) => void) => {
        if (args.asType(resourceClass)) report("read");
      },
    }),
    breaks(
      "both",
      validateRemediateResourceOfType(resourceClass, (_props, _args, report) => report("both")),
    ),
    breaks("stack", {
      validateStack: validateStackResourcesOfType(resourceClass, (resources, _args, report) => {
        if (resources.length > 0) report("stack");
      }),
    }),
  ] as Policies;

  it("holds for it, and for no other", async () => {
    const all = ["asked", "both", "read", "stack", "typed"];
    expect((await ask(policies, resourceClass.__pulumiType, { name: "x" })).broken).toEqual(all);
    for (const [, { __pulumiType: type }] of others)
      expect((await ask(policies, type, { name: "x" })).broken).toEqual([]);
    expect((await ask(policies, "aws:s3/bucket:Bucket", {})).passed).toContain("typed");
  });

  it("has the type that its resources have, and tells them from others", () => {
    const made = MADE[name]!();
    expect((made as unknown as Class).__pulumiType).toBe(resourceClass.__pulumiType);
    expect(resourceClass.isInstance(made)).toBe(true);
    // Policies call it without its class, of an object that has a type and nothing else.
    const { isInstance } = resourceClass;
    expect(isInstance({ __pulumiType: resourceClass.__pulumiType })).toBe(true);
    for (const other of [undefined, null, "text", {}, { __pulumiType: "a:b:C" }]) expect(isInstance(other)).toBe(false);
    for (const [, each] of others) expect(each.isInstance(made)).toBe(false);
  });
});
