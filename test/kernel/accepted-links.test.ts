import { expect, it } from "vitest";
import { leavesNothing, output, whyNotRoot } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { previewOf, turnIp6Off } from "../support/situation.js";
import { Stack } from "./stack.js";

it("not refused: a port that a full bridge has already", () =>
  leavesNothing(async () => {
    const stack = new Stack("words");
    const pair = { name: "v", bridge: "br", peer: { name: "p" } };
    await stack.make("bridge", "b", { name: "br" });
    await stack.make("vethPair", "v", pair);
    const more = Array.from({ length: 1022 }, (_, at) => `link add name m${at} type veth peer name n${at}`);
    const ports = more.map((_, at) => `link set dev m${at} master br`);
    await output(["ip", "-batch", "-"], { input: [...more, ...ports, ""].join("\n") });
    expect(await previewOf("vethPair", pair, "v")).toEqual([]);
    expect(await previewOf("vethPair", { ...pair, name: "w", peer: { name: "q" } })).toEqual([
      expect.objectContaining({ property: "bridge" }),
    ]);
    const grouped = more.map((_, at) => `link set dev m${at} group 77`);
    await output(["ip", "-batch", "-"], { input: [...grouped, "link del group 77", ""].join("\n") });
    await stack.destroy();
  }));

it("not refused: an address of IPv6 on an interface that is there, and has it on", () =>
  leavesNothing(async () => {
    const stack = new Stack("words");
    const bridge = { name: "br", addresses: ["fd00::1/64"] };
    await stack.make("bridge", "b", bridge);
    await output(["sh", "-c", turnIp6Off("default", 1)]);
    expect(await previewOf("bridge", bridge, "b")).toEqual([]);
    await output(["sh", "-c", turnIp6Off("default", 0)]);
    await stack.destroy();
  }));

it("not refused: what somebody has made right since the run looked", ({ skip }) =>
  leavesNothing(async () => {
    const reason = whyNotRoot("mount -o remount,ro /etc");
    if (reason !== undefined) skip(reason);
    const host = new RealHost({});
    const both = async () => [
      await previewOf("bridge", { name: "br", addresses: ["fd00::1/64"] }, "b", host),
      await previewOf("netNamespace", { name: "n", nameservers: ["10.0.0.53"] }, "n", host),
    ];
    await output(["sh", "-ec", `${turnIp6Off("all", 1)}; mount -o remount,ro /etc`]);
    expect((await both()).map(([failure]) => failure?.property)).toEqual(["addresses[0]", "nameservers"]);
    await output(["sh", "-ec", `${turnIp6Off("all", 0)}; mount -o remount,rw /etc`]);
    expect(await both()).toEqual([[], []]);
  }));

it("not refused: a bridge where another link of the stack is, which it may replace", () =>
  leavesNothing(async () => {
    const stack = new Stack("words");
    await stack.make("vethPair", "v", { name: "br", peer: { name: "p" } });
    expect(await previewOf("vethPair", { name: "w", bridge: "br", peer: { name: "q" } })).toEqual([]);
    await stack.destroy();
  }));
