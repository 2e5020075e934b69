import { afterEach, describe, expect, it, vi } from "vitest";

import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import type * as Backends from "../../provider/services/backends.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleIn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";

vi.mock("../../provider/services/backends.js", async (original) => {
  const { plain } = await import("../support/plain/index.js");
  const actual = await original<typeof Backends>();
  return { ...actual, backends: [...actual.backends, plain] };
});

afterEach(() => void vi.restoreAllMocks());

/** A stack on a host in memory, whose runs are one after the other. */
class Small {
  readonly made = new Map<string, { kind: Kind; id: string; outs: Inputs }>();
  run: Run;

  constructor(
    readonly host: FakeHost,
    readonly stack = "p/s",
  ) {
    this.run = new Run(product, { host });
  }

  nextRun(): void {
    this.run = new Run(product, { host: this.host });
  }

  inputsOf = (name: string, args: Inputs): Inputs => ({ ...args, __owner: `${this.stack}/${name}` });

  async make(kind: Kind, name: string, args: Inputs): Promise<void> {
    const inputs = this.inputsOf(name, args);
    const calls = lifecycleIn(this.run, kind);
    expect((await calls.check({}, inputs)).failures).toEqual([]);
    this.made.set(name, { kind, ...(await calls.create(inputs)) });
  }

  async remove(...names: string[]): Promise<void> {
    for (const name of names) {
      const { kind, id, outs } = this.made.get(name)!;
      await lifecycleIn(this.run, kind).delete(id, outs);
      this.made.delete(name);
    }
  }
}

const service = (name: string, address: string) => ({ chain: "C", name, address, ports: [{ port: 80 }] });
const endpoint = (of: string, name: string, address: string) => ({ service: `C/${of}`, name, address });

describe.each(["iptables", "nftables", "plain"])("on %s", (backend) => {
  async function makeAll(host: FakeHost): Promise<Small> {
    const stack = new Small(host);
    await stack.make("natChain", "chain", { name: "C", backend });
    await stack.make("serviceVip", "web", service("WEB", "10.7.0.1"));
    await stack.make("endpoint", "one", endpoint("WEB", "E1", "10.8.0.1"));
    await stack.make("serviceVip", "back", service("BACK", "10.7.0.2"));
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
});
