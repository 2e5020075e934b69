import { expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { Stack } from "./stack.js";

/** A next hop that no address's network holds, and the route that leads to it. */
const WAYS = [
  { family: "-4", address: "10.46.0.2/32", hop: "169.254.46.1", single: "169.254.46.1/32", far: "10.47.0.0/16" },
  { family: "-6", address: "fd00:46::2/128", hop: "fd00:46:1::1", single: "fd00:46:1::1/128", far: "fd00:47::/64" },
];

it.each(WAYS)("routes of $family come after the way to their next hop, at once and after any loss", (way) =>
  leavesNothing(async () => {
    const { family, address, hop, single, far } = way;
    const stack = new Stack();
    const inside = (...words: string[]) => output(["ip", "-n", "order", family, ...words]);
    const leads = async (to: string) => (await inside("route", "get", to)).includes(`via ${hop}`);
    await stack.make("netNamespace", "ns", { name: "order" });
    await stack.make("vethPair", "cable", {
      name: "order_v",
      peer: {
        name: "eth0",
        namespace: "order",
        addresses: [address],
        gateway: hop,
        routes: [{ to: far, via: hop }, { to: single }],
      },
    });
    const everywhere = async () => [
      await leads(far.replace(/0\/\d+$/, "9")),
      await leads(family === "-4" ? "192.0.2.1" : "2001:db8::1"),
    ];
    expect(await everywhere()).toEqual([true, true]);
    const losses = [
      ["route", "flush", "dev", "eth0"],
      ["route", "del", single, "dev", "eth0"],
      ["link", "set", "dev", "eth0", "down"],
      ["link", "del", "eth0"],
    ];
    for (const loss of losses) {
      await inside(...loss);
      expect(await stack.heal(), loss.join(" ")).toEqual(["cable"]);
      expect(await everywhere(), loss.join(" ")).toEqual([true, true]);
      expect(await stack.drifted()).toEqual([]);
    }
    await stack.destroy();
  }),
);
