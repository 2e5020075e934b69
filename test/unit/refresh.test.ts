import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { rulesOf } from "../../provider/kernel/iptables/ruleset.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { Run } from "../../provider/lifecycle/run.js";
import { refreshesInputs } from "../../provider/lifecycle/sdk-release.js";
import { product } from "../../provider/product.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleIn, lifecycleOn } from "../support/lifecycles.js";

const __owner = "p/s/x";

async function made(host: FakeHost, kind: Kind, args: Inputs) {
  const { id, outs } = await lifecycleOn(host, kind).create({ ...args, __owner });
  return { id, outs, read: () => lifecycleOn(host, kind).read(id, outs) };
}

it("what was not declared is not noted: neither a derived MAC address nor an MTU", async () => {
  const host = new FakeHost();
  const { outs, read } = await made(host, "bridge", { name: "b", addresses: ["FD00::1/64"], mtu: 1400 });
  Object.assign(host.snapshot.links.get("b")!, { mtu: 1300 });
  const { props, inputs } = await read();
  expect(props).toEqual({ ...outs, mtu: 1300, __declared: { mtu: 1400 } });
  expect(inputs).toEqual({ name: "b", addresses: ["FD00::1/64"], mtu: 1300, __owner });

  const { read: readPlain } = await made(new FakeHost(), "bridge", { name: "b" });
  expect(await readPlain()).not.toHaveProperty("inputs");
});

describe.each([
  ["IPv4", "filter", "nat", "10.0.0"],
  ["IPv6", "ip6 filter", "ip6 nat", "fd00:"],
] as const)("rules of a bridge of %s that are gone", (_family, filter, nat, net) => {
  const network = net.endsWith(":") ? `${net}:/64` : `${net}.0/24`;
  const args = { name: "b", addresses: [network.replace(/0?\//, "1/")], forward: true, masquerade: [network] };
  const flush = (table: typeof filter | typeof nat, chain: string) => (host: FakeHost) =>
    applyStep(host.snapshot, { do: "chain", table, chain, rules: [], why: "by hand" });

  it.each([
    ["forward", false, flush(filter, "FORWARD")],
    ["masquerade", [], flush(nat, "POSTROUTING")],
  ] as const)("are found without: %s", async (argument, found, byHand) => {
    const host = new FakeHost();
    const { id, outs, read } = await made(host, "bridge", args);
    byHand(host);
    const seen = await read();
    expect(seen.inputs).toEqual({ ...args, [argument]: found, __owner });
    expect(seen.props).toEqual({ ...outs, [argument]: found, __declared: { [argument]: args[argument] } });
    const bridge = lifecycleOn(host, "bridge");
    expect(await bridge.read(id, seen.props)).toEqual({ id, props: seen.props });
    const healed = await bridge.update(id, seen.props, { ...args, __owner });
    expect(healed.outs).toEqual(outs);
    expect(await read()).toEqual({ id, props: outs });
  });

  it("are drift where only some of them are", async () => {
    const host = new FakeHost();
    const { id, outs, read } = await made(host, "bridge", args);
    const [rule] = rulesOf(host.snapshot.firewall, filter, "FORWARD");
    applyStep(host.snapshot, { do: "rule", table: filter, chain: "FORWARD", rule: rule!, at: "gone", why: "by hand" });
    expect(await read()).toEqual({ id, props: outs });
    expect((await lifecycleOn(host, "bridge").diff(id, outs, outs)).changes).toBe(true);
  });
});

it("a declared MAC address is", async () => {
  const host = new FakeHost();
  const { read } = await made(host, "bridge", { name: "b", macAddress: "02:00:5E:10:00:01" });
  expect(await read()).not.toHaveProperty("inputs");
  Object.assign(host.snapshot.links.get("b")!, { macAddress: "02:00:5e:10:00:02" });
  expect((await read()).inputs).toEqual({ name: "b", macAddress: "02:00:5e:10:00:02", __owner });
});

it("what nobody could declare is not noted, and stays drift", async () => {
  const host = new FakeHost();
  const { id, outs, read } = await made(host, "bridge", { name: "b", addresses: ["fd00::1/64"], mtu: 1400 });
  // No IPv6 address fits on such a link; a kernel would take it away.
  Object.assign(host.snapshot.links.get("b")!, { mtu: 1000 });
  expect(await read()).toEqual({ id, props: outs });
  const { changes } = await lifecycleOn(host, "bridge").diff(id, outs, { ...outs });
  expect(changes).toBe(true);
});

it("where the SDK drops the inputs that were found, the state stays, and its drift is seen", async () => {
  const host = new FakeHost();
  const { id, outs } = await made(host, "bridge", { name: "b", mtu: 1400 });
  Object.assign(host.snapshot.links.get("b")!, { mtu: 1300 });
  const bridge = lifecycleIn(new Run(product, { host, refreshesInputs: false }), "bridge");
  expect(await bridge.read(id, outs)).toEqual({ id, props: outs });
});

it.each([
  ["3.200.0", false],
  ["3.221.9", false],
  ["3.222.0", true],
  ["3.260.0-alpha.1", true],
  ["4.0.0", true],
])("an SDK of release %s keeps the inputs that were found: %s", (version, keeps) => {
  const root = mkdtempSync(join(tmpdir(), "hostnet-unit-"));
  try {
    const script = join(root, "cmd/dynamic-provider/index.js");
    mkdirSync(dirname(script), { recursive: true });
    writeFileSync(join(root, "package.json"), JSON.stringify({ version }));
    expect(refreshesInputs(script)).toBe(keeps);
  } finally {
    rmSync(root, { recursive: true });
  }
});
