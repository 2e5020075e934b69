import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { factsOf } from "../../provider/kernel/iptables/rule-facts.js";
import { isBuiltIn } from "../../provider/kernel/iptables/ruleset.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { markOf, parseOwner } from "../../provider/ownership/mark.js";
import { markBefore, remarkModel } from "../contract/remark.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { natTablesOf } from "../support/nat-tables.js";
import { stateOf } from "../support/state-of.js";

/**
 * All marks on a host. Who was first to jump to a chain that services share is of no interest
 * there: "W/masq", and in filter "W-SERVICES".
 */
function marksOn(host: Snapshot): string[] {
  const { firewall, links } = host;
  const comments = [...firewall].flatMap(([name, table]) =>
    [...table].flatMap(([chain, { rules }]) =>
      rules
        .filter((rule) => !isBuiltIn(chain) || (name === "nat" && !factsOf(rule).target?.endsWith("/masq")))
        .flatMap((rule) => factsOf(rule).comment?.split(";")[0] ?? []),
    ),
  );
  const notes = [...natTablesOf(host).values()].flatMap(({ spec, services }) => [
    spec?.mark ?? "",
    ...[...services.values()].flatMap(({ service, endpoints }) => [
      service?.mark ?? "",
      ...endpoints.map(({ mark }) => mark),
    ]),
  ]);
  const aliases = [...links.values()].map(({ alias = "" }) => alias);
  return [...new Set([...comments, ...notes, ...aliases].filter(Boolean))].sort();
}

let host: FakeHost;
let pristine: unknown;
beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  host = new FakeHost();
  pristine = stateOf(host.snapshot);
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(stateOf(host.snapshot)).toEqual(pristine);
});

const owner = (name: string, stack = "dev") => ({ __owner: `p/${stack}/${name}` });
const mark = (name: string, stack?: string) => markOf(parseOwner(owner(name, stack).__owner));
const create = (kind: Kind, inputs: Inputs) => lifecycleOn(host, kind).create(inputs);

describe.each(["iptables", "nftables"])("on %s", (backend) => {
  const chainArgs = { name: "W-SERVICES", backend };
  const service = { chain: "W-SERVICES", name: "S", address: "10.7.0.1", ports: [{ port: 80 }] };
  const listed = { name: "E", address: "10.0.0.9" };

  it("what a service comes to carry bears its mark, keeps it under a new name of the stack, and goes with it", async () => {
    const chain = await create("natChain", { ...chainArgs, ...owner("c") });
    const vip = await create("serviceVip", { ...service, ...owner("s") });
    const endpoint = await create("endpoint", { service: "W-SERVICES/S", ...listed, ...owner("e") });
    expect(marksOn(host.snapshot)).toEqual([mark("c"), mark("e"), mark("s")].sort());

    const inputs = { ...service, endpoints: [listed] };
    const vips = lifecycleOn(host, "serviceVip");
    const { outs } = await vips.update(vip.id, vip.outs, { ...inputs, ...owner("s") });
    await lifecycleOn(host, "endpoint").delete(endpoint.id, endpoint.outs);
    expect(marksOn(host.snapshot)).toEqual([mark("c"), mark("s")].sort());

    const renamed = await vips.update(vip.id, outs, { ...inputs, ...owner("s", "prod") });
    expect(marksOn(host.snapshot)).toEqual([mark("c"), mark("s", "prod")].sort());
    expect(JSON.stringify(stateOf(host.snapshot)).match(/p\/dev\/\w+/g)).not.toContain("p/dev/e");
    await vips.delete(vip.id, renamed.outs);
    await lifecycleOn(host, "natChain").delete(chain.id, chain.outs);
  });

  it("what a chain comes to carry bears its mark, keeps it under a new name of the stack, and goes with it", async () => {
    const chain = await create("natChain", { ...chainArgs, ...owner("c") });
    const vip = await create("serviceVip", { ...service, ...owner("s") });
    const endpoint = await create("endpoint", { service: "W-SERVICES/S", ...listed, ...owner("e") });

    const { chain: _, ...alone } = service;
    const inputs = { ...chainArgs, services: [{ ...alone, endpoints: [listed] }] };
    const chains = lifecycleOn(host, "natChain");
    const { outs } = await chains.update(chain.id, chain.outs, { ...inputs, ...owner("c") });
    await lifecycleOn(host, "endpoint").delete(endpoint.id, endpoint.outs);
    await lifecycleOn(host, "serviceVip").delete(vip.id, vip.outs);
    expect(marksOn(host.snapshot)).toEqual([mark("c")]);

    const renamed = await chains.update(chain.id, outs, { ...inputs, ...owner("c", "prod") });
    expect(marksOn(host.snapshot)).toEqual([mark("c", "prod")]);
    await chains.delete(chain.id, renamed.outs);
  });

  it("what version 0.1 left under a former name of an endpoint is its own, and gets its name with the next change", async () => {
    const chain = await create("natChain", { ...chainArgs, ...owner("c") });
    const vip = await create("serviceVip", { ...service, ...owner("s") });
    const endpoints = lifecycleOn(host, "endpoint");
    const inputs = { service: "W-SERVICES/S", ...listed, ...owner("now") };
    const { id, outs } = await create("endpoint", inputs);
    remarkModel(host.snapshot, mark("now"), markBefore(mark("then")));
    expect((await endpoints.diff(id, outs, inputs)).changes).not.toBe(true);
    const { outs: changed } = await endpoints.update(id, outs, { ...inputs, weight: 2 });
    expect(marksOn(host.snapshot)).toEqual([mark("c"), mark("now"), mark("s")].sort());
    remarkModel(host.snapshot, mark("now"), markBefore(mark("then")));
    await endpoints.delete(id, changed);
    await lifecycleOn(host, "serviceVip").delete(vip.id, vip.outs);
    await lifecycleOn(host, "natChain").delete(chain.id, chain.outs);
  });
});

it("a pair that becomes a bridge of its name is not taken for the pair when that is deleted", async () => {
  const veths = lifecycleOn(host, "vethPair");
  const pair = await create("vethPair", { name: "both", peer: { name: "peer" }, ...owner("x") });
  const bridge = await create("bridge", { name: "both", ...owner("x") });
  const made = stateOf(host.snapshot);
  await veths.delete(pair.id, pair.outs);
  expect(stateOf(host.snapshot)).toEqual(made);
  await lifecycleOn(host, "bridge").delete(bridge.id, bridge.outs);
});

it("what is replaced right after its stack got another name is its own still, and stays when the former one is deleted", async () => {
  const bridges = lifecycleOn(host, "bridge");
  const inputs = { name: "again", addresses: ["10.3.0.1/24"] };
  const former = await create("bridge", { ...inputs, ...owner("again") });
  const news = { ...inputs, ...owner("again", "prod") };
  // By force: the engine checks, makes the new one and deletes the former one.
  await bridges.check({ ...inputs, ...owner("again") }, news);
  await bridges.check({}, news);
  const made = await create("bridge", news);
  expect(marksOn(host.snapshot)).toEqual([mark("again", "prod")]);
  const now = stateOf(host.snapshot);
  await bridges.delete(former.id, former.outs);
  expect(stateOf(host.snapshot)).toEqual(now);
  expect(console.log).not.toHaveBeenCalled();
  await bridges.delete(made.id, made.outs);
});

it("the switch goes back though version 0.1 noted what it was under a former name of the bridge", async () => {
  const { id, outs } = await create("bridge", { name: "fwd", forward: true, ...owner("fwd") });
  remarkModel(host.snapshot, mark("fwd"), markBefore(mark("then")));
  host.snapshot.links.get("fwd")!.alias = markBefore(mark("fwd"));
  await lifecycleOn(host, "bridge").delete(id, outs);
  expect(host.snapshot.sysctls.get("net.ipv4.ip_forward")).toBe("0");
});

it("with all that is noted behind it, a mark fits into a comment, which holds 255 bytes", async () => {
  const long = (name: string) => owner(name.repeat(100));
  const chain = await create("natChain", { name: "LONGEST-SERVICES", vipRange: "10.7.0.0/16", ...long("c") });
  const service = {
    chain: "LONGEST-SERVICES",
    name: "A-NAME-OF-16-LET",
    address: "10.7.0.1",
    ports: [{ port: 65534, targetPort: 65535, nodePort: 65533, protocol: "sctp" }],
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: 86400,
    externalIPs: ["10.8.0.1"],
    loadBalancerSourceRanges: ["192.0.2.0/24"],
    externalTrafficPolicy: "Local",
    internalTrafficPolicy: "Local",
    endpoints: [
      { name: "AN-ENDPOINT", address: "10.0.0.9", weight: 100, ready: false, serving: false, terminating: true },
    ],
  };
  const vip = await create("serviceVip", { ...service, ...long("s") });
  const bridge = await create("bridge", {
    name: "br_of_15_bytes_",
    forward: true,
    masquerade: ["10.3.0.0/24"],
    ...long("b"),
  });
  const comments = [...host.snapshot.firewall.values()].flatMap((table) =>
    [...table.values()].flatMap(({ rules }) => rules.map((rule) => factsOf(rule).comment ?? "")),
  );
  expect(comments.length).toBeGreaterThan(20);
  expect(Math.max(...comments.map((each) => Buffer.byteLength(each)))).toBeLessThanOrEqual(
    255 - ";service=bulk".length,
  );
  await lifecycleOn(host, "bridge").delete(bridge.id, bridge.outs);
  await lifecycleOn(host, "serviceVip").delete(vip.id, vip.outs);
  await lifecycleOn(host, "natChain").delete(chain.id, chain.outs);
});
