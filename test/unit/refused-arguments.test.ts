import { beforeEach, describe, expect, it } from "vitest";
import { Refusal, Unreadable } from "../../provider/kernel/errors.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { lifecycle } from "../../provider/lifecycle/lifecycle.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { bridge } from "../../provider/resources.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";

const PEER = { name: "v_peer", namespace: "blue" };
const owned = (args: Inputs) => ({ ...args, __owner: "p/s/x" });

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  await lifecycleOn(host, "netNamespace").create({ name: "blue", __owner: "p/s/blue" });
});

/** An interface that nobody marked, in a namespace or on the host. */
function foreign(name: string, namespace?: string): void {
  const links = namespace === undefined ? host.snapshot.links : host.snapshot.namespaces.get(namespace)!.links;
  links.set(name, { ...host.snapshot.namespaces.get("blue")!.links.get("lo")!, name, alias: undefined, kind: "dummy" });
}

/** Routes that somebody has made. */
const routed = (to: string) =>
  host.snapshot.namespaces.get("blue")!.routes.push({ to, dev: "eth9", protocol: "static", type: "unicast" });

describe("a refused plan begins with the argument", () => {
  it.each<[string, string, Kind, Inputs, (() => unknown)?]>([
    ["a name that is taken", "name", "bridge", { name: "b" }, () => foreign("b")],
    ["an end that is taken", "name", "vethPair", { name: "v", peer: PEER }, () => foreign("v")],
    ["a peer that is taken", "peer.name", "vethPair", { name: "v", peer: PEER }, () => foreign("v_peer", "blue")],
    ["a namespace that is missing", "peer.namespace", "vethPair", { name: "v", peer: { ...PEER, namespace: "red" } }],
    ["a bridge that is missing", "bridge", "vethPair", { name: "v", bridge: "b", peer: PEER }],
    [
      "a gateway beside a default route",
      "peer.gateway",
      "vethPair",
      { name: "v", peer: { ...PEER, addresses: ["10.0.0.2/24"], gateway: "10.0.0.1" } },
      () => routed("default"),
    ],
    [
      "a route that is there",
      "peer.routes",
      "vethPair",
      { name: "v", peer: { ...PEER, addresses: ["10.0.0.2/24"], routes: [{ to: "10.9.0.0/16", via: "10.0.0.1" }] } },
      () => routed("10.9.0.0/16"),
    ],
    [
      "IPv6 forwarding where a router is heard",
      "forward",
      "bridge",
      { name: "b", addresses: ["fd00::1/64"], forward: true },
      () => host.snapshot.routes.push({ to: "::/0", dev: "eth0", protocol: "ra", type: "unicast" }),
    ],
  ])("%s", async (_what, argument, kind, args, prepare) => {
    prepare?.();
    const error = await lifecycleOn(host, kind)
      .create(owned(args))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).argument).toBe(argument);
    expect((error as Refusal).message).toBe(`${argument}: ${(error as Refusal).reason}`);
  });
});

/** As if this machine might be changed. */
class Privileged extends Run {
  override lacking = async () => [];
}
const refusing = (error: Error) =>
  lifecycle(new Privileged(product, { host }), {
    ...bridge,
    refuse: () => {
      throw error;
    },
  }).check({}, owned({ name: "b" }));

describe("check", () => {
  it("names the argument that is refused", async () => {
    const { failures } = await refusing(new Refusal("addresses", "fd00::1/64 is taken: choose another"));
    expect(failures).toEqual([{ property: "addresses", reason: "fd00::1/64 is taken: choose another" }]);
  });

  it("blames no argument for what can't be read", async () => {
    const { failures } = await refusing(new Unreadable("table nat can't be read: upgrade nft"));
    expect(failures).toEqual([{ property: "", reason: "table nat can't be read: upgrade nft" }]);
  });

  it("reports a fault of its own, and swallows none", async () => {
    await expect(refusing(new TypeError("a bug"))).rejects.toThrow(new TypeError("a bug"));
  });
});
