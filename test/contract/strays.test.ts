import { afterEach, describe, expect, it, vi } from "vitest";
import { finish } from "../../provider/lifecycle/finish.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import type * as Backends from "../../provider/services/backends.js";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleIn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";
import { Small } from "./small-stack.js";

vi.mock("../../provider/services/backends.js", async (original) => {
  const { plain } = await import("../support/plain/index.js");
  const actual = await original<typeof Backends>();
  return { ...actual, backends: [...actual.backends, plain] };
});

afterEach(() => void vi.restoreAllMocks());

const serviceArgs = (name: string, address: string) => ({ chain: "C", name, address, ports: [{ port: 80 }] });
const endpoint = (of: string, name: string, address: string) => ({ service: `C/${of}`, name, address });

describe.each(["iptables", "nftables", "plain"])("on %s", (backend) => {
  async function makeAll(host: FakeHost): Promise<Small> {
    const stack = new Small(host);
    await stack.make("natChain", "chain", { name: "C", backend });
    await stack.make("serviceVip", "web", serviceArgs("WEB", "10.7.0.1"));
    await stack.make("endpoint", "one", endpoint("WEB", "E1", "10.8.0.1"));
    await stack.make("serviceVip", "back", serviceArgs("BACK", "10.7.0.2"));
    await stack.make("endpoint", "two", endpoint("BACK", "E2", "10.8.0.2"));
    return stack;
  }

  it("a destroy takes along what the stack made in a service and a chain, and says so", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const host = new FakeHost();
    const pristine = stateOf(host.snapshot);
    const stack = await makeAll(host);
    stack.nextRun();
    await stack.remove("web", "chain");
    expect(stateOf(host.snapshot)).toEqual(pristine);
    expect(printed.mock.calls).toEqual([
      ["ServiceVip C/WEB: endpoints: found E1 of p/s/one, in no state: removed with it"],
      ["NatChain C: services: found BACK of p/s/back, in no state: removed with it"],
    ]);
    // Of what is gone already nothing is said.
    await stack.remove("one", "two", "back");
    expect(printed).toHaveBeenCalledTimes(2);
  });

  it("a run with a program knows not of all, so it leaves endpoints and refuses for a service", async () => {
    const host = new FakeHost();
    const stack = await makeAll(host);
    const before = stateOf(host.snapshot);
    await expect(stack.remove("chain")).rejects.toThrow(/chain C is still in use, so it stays: .* of p\/s\/web/);
    expect(stateOf(host.snapshot)).toEqual(before);
    await stack.remove("web");
    expect(JSON.stringify(stateOf(host.snapshot))).toContain("p/s/one");
    await stack.remove("one", "two", "back", "chain");
  });

  it("a service with an endpoint of another stack stays, and refuses the removal of its chain", async () => {
    const host = new FakeHost();
    const pristine = stateOf(host.snapshot);
    const [stack, other] = [await makeAll(host), new Small(host, "p/other")];
    await other.make("endpoint", "three", endpoint("BACK", "E3", "10.8.0.3"));
    const before = stateOf(host.snapshot);
    stack.nextRun();
    await expect(stack.remove("chain")).rejects.toThrow("remove that first");
    expect(stateOf(host.snapshot)).toEqual(before);
    other.nextRun();
    await other.remove("three");
    await stack.remove("chain");
    expect(stateOf(host.snapshot)).toEqual(pristine);
  });

  /** What is on the host, in one text. */
  const held = (host: FakeHost) => JSON.stringify(stateOf(host.snapshot));

  it("what has no resource is named with its owner, and goes at the end of an up", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const host = new FakeHost();
    const stack = await makeAll(host);
    for (const name of ["one", "two", "back"]) stack.made.delete(name);
    stack.nextToldRun();
    expect([await stack.same("chain"), await stack.same("web")]).toEqual([true, true]);
    const lines = [
      ["chain: NatChain C: services: found BACK of p/s/back, in no state"],
      ["web: ServiceVip WEB: endpoints: found E1 of p/s/one, in no state"],
    ];
    expect(printed.mock.calls).toEqual(lines);
    expect(held(host)).toMatch(/p\/s\/one.*p\/s\/two|p\/s\/two.*p\/s\/one/);
    await finish(stack.run);
    expect(held(host)).not.toMatch(/p\/s\/(one|two|back)|10\.7\.0\.2/);
    expect([await stack.same("chain"), await stack.same("web")]).toEqual([false, false]);
    expect(printed.mock.calls).toEqual(lines);
  });

  it("a refresh names it, and an up that begins with one says it once", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const stack = await makeAll(new FakeHost());
    stack.made.delete("one");
    stack.nextToldRun();
    const { kind, id, outs } = stack.made.get("web")!;
    expect((await lifecycleIn(stack.run, kind).read(id, outs)).id).toBe(id);
    expect(await stack.same("web")).toBe(true);
    expect(printed.mock.calls).toEqual([["web: ServiceVip WEB: endpoints: found E1 of p/s/one, in no state"]]);
  });

  it("what the program declares after all stays, be it a target or not", async () => {
    const host = new FakeHost();
    const stack = await makeAll(host);
    const before = held(host);
    const one = stack.made.get("one")!;
    for (const name of ["one", "two", "back"]) stack.made.delete(name);
    stack.nextToldRun();
    for (const name of ["chain", "web"]) await stack.same(name);
    const service = stack.inputsOf("back", serviceArgs("BACK", "10.7.0.2"));
    await lifecycleIn(stack.run, "serviceVip").check({}, service);
    await lifecycleIn(stack.run, "endpoint").check({}, stack.inputsOf("two", endpoint("BACK", "E2", "10.8.0.2")));
    const untargeted = { type: "hostnet:Endpoint", inputs: one.outs as Record<string, string>, outputs: {} };
    await finish(stack.run, [untargeted]);
    expect(held(host)).toBe(before);
  });

  it("what has a resource under another name stays", async () => {
    const host = new FakeHost();
    const stack = await makeAll(host);
    stack.nextToldRun();
    expect(await stack.same("web")).toBe(false);
    await stack.same("one", "uno");
    await finish(stack.run);
    // An alias alone changes nothing, so the state keeps the outputs with the name of before.
    const { kind, id, args, outs } = stack.made.get("one")!;
    stack.nextToldRun();
    expect(await stack.same("web")).toBe(false);
    // A killed run has written the new name.
    await lifecycleIn(new Run(product, { host }), kind).update(id, outs, { ...args, __owner: "p/s/uno" });
    stack.nextToldRun();
    const [told] = [stack.run.resources.told()!];
    for (const each of told) if (each.outputs.__owner === "p/s/one") each.inputs = { __owner: "p/s/uno" };
    expect(await stack.same("web")).toBe(false);
    await finish(stack.run);
    expect(held(host)).toContain("p/s/uno");
  });

  it("an endpoint in another chain or of another name than its resource says is nobody's", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const stack = await makeAll(new FakeHost());
    for (const [key, value] of [
      ["name", "E9"],
      ["service", "D/WEB"],
    ] as const) {
      const one = stack.made.get("one")!;
      stack.made.set("one", { ...one, outs: { ...one.outs, [key]: value } });
      stack.nextToldRun();
      expect(await stack.same("web")).toBe(true);
      stack.made.set("one", one);
    }
    // A bare name may be of any chain.
    const one = stack.made.get("one")!;
    stack.made.set("one", { ...one, outs: { ...one.outs, service: "WEB" } });
    stack.nextToldRun();
    expect(await stack.same("web")).toBe(false);
    expect(printed).toHaveBeenCalledTimes(2);
  });

  it("what a service carries is no stray where its rules are flushed", async () => {
    const host = new FakeHost();
    const stack = await makeAll(host);
    const carried = { endpoints: [{ name: "IN1", address: "10.8.0.3" }] };
    await stack.make("serviceVip", "in", { ...serviceArgs("IN", "10.7.0.3"), ...carried });
    const nat = host.snapshot.firewall.get("nat");
    if (nat?.has("C-SVC-IN"))
      host.snapshot.firewall.set("nat", new Map(nat).set("C-SVC-IN", { ...nat.get("C-SVC-IN")!, rules: [] }));
    stack.nextToldRun();
    expect(await stack.same("chain")).toBe(false);
    expect(await stack.same("in")).toBe(backend === "iptables");
    await finish(stack.run);
    expect(held(host)).toContain("10.8.0.3");
  });

  it("a removal takes along what its engine deletes with it", async () => {
    const host = new FakeHost();
    const pristine = stateOf(host.snapshot);
    const stack = await makeAll(host);
    stack.nextToldRun();
    for (const each of stack.run.resources.told()!) if (each.type.endsWith("Endpoint")) each.deletedWith = true;
    expect(await stack.same("web")).toBe(false);
    await stack.remove("web", "back", "chain");
    expect(stateOf(host.snapshot)).toEqual(pristine);
  });

  it("a removal leaves what has a resource, and refuses for it, until that is gone", async () => {
    const host = new FakeHost();
    const pristine = stateOf(host.snapshot);
    const stack = await makeAll(host);
    stack.made.delete("two");
    stack.nextToldRun();
    await expect(stack.remove("chain")).rejects.toThrow("remove that first");
    await stack.remove("web", "back");
    expect(held(host)).toContain("p/s/one");
    expect(held(host)).not.toContain("p/s/two");
    await stack.remove("one", "chain");
    expect(stateOf(host.snapshot)).toEqual(pristine);
  });
});
