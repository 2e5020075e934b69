import { expect, it, vi } from "vitest";
import { natChain } from "../../provider/resources.js";
import type * as Backends from "../../provider/services/backends.js";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";
import { battery } from "./battery.js";
import { type Case, cases } from "./cases.js";
import { fakeRig } from "./fake-rig.js";
import { identity } from "./identity.js";

// A folder, and one line in the list: nothing else has to know of a backend.
vi.mock("../../provider/services/backends.js", async (original) => {
  const { plain } = await import("../support/plain/index.js");
  const actual = await original<typeof Backends>();
  return { ...actual, backends: [...actual.backends, plain] };
});

/** What the battery has for a backend that has tables of its own, for this one. */
const some = cases
  .filter(({ on = "" }) => on.includes("nftables"))
  .map((each) => JSON.parse(JSON.stringify(each).replaceAll("nftables", "plain")) as Case);

it("is one that a NatChain can name", () => {
  expect(some.length).toBeGreaterThan(4);
  expect(natChain.schema.parse({ name: "X", backend: "plain" })).toMatchObject({ backend: "plain" });
});

battery("a third backend", fakeRig, some);
identity("a third backend", fakeRig, { model: true, some });

it.each(["iptables", "nftables"])("a NatChain moves from %s to it and back, and nothing is left", async (backend) => {
  const host = new FakeHost();
  const pristine = stateOf(host.snapshot);
  const chains = lifecycleOn(host, "natChain");
  const services = [
    { name: "S", address: "10.7.0.1", ports: [{ port: 80 }], endpoints: [{ name: "E", address: "10.0.0.9" }] },
  ];
  const inputs = { name: "M-SERVICES", services, __owner: "p/s/c" };
  const { id, outs } = await chains.create({ ...inputs, backend });
  const made = stateOf(host.snapshot);
  const { outs: moved } = await chains.update(id, outs, { ...inputs, backend: "plain" });
  expect([...host.snapshot.services.keys(), ...host.snapshot.firewall.keys()]).toEqual(["plain"]);
  const { outs: back } = await chains.update(id, moved, { ...inputs, backend });
  expect(stateOf(host.snapshot)).toEqual(made);
  await chains.delete(id, back);
  expect(stateOf(host.snapshot)).toEqual(pristine);
});
