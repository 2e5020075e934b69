import { describe, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom } from "../support/sockets.js";
import { inWorld, KINDS } from "./service-world.js";
import { Stack } from "./stack.js";

/**
 * NatChains beside each other on one host: one refuses or drops only what none of the others has.
 */
const IPV4 = KINDS.filter(({ family }) => family === "ip");
/** Both backends stand at either end. */
const pairs = IPV4.flatMap((kind) => IPV4.toReversed().map(({ backend }) => ({ ...kind, beside: backend })));

describe.each(worlds(pairs))("$backend beside $beside, $family", ({ beside, ...kind }) => {
  it("two chains share an address, and one has its services in the other's range", () =>
    leavesNothing(() =>
      inWorld(
        new Stack(),
        kind,
        2,
        async (world) => {
          await world.stack.make("natChain", "beside", { name: "BESIDE", backend: beside });
          await world.service("ONE", { ports: [{ port: 80 }] });
          await world.endpoint("ONE", 1);
          const other = async (name: string, address: string, port: number) => {
            await world.stack.make("serviceVip", name, {
              chain: "BESIDE",
              name,
              address,
              ports: [{ port, targetPort: 81 }],
            });
            await world.stack.make("endpoint", `${name}1`, {
              service: `BESIDE/${name}`,
              name: `${name}1`,
              address: world.pod(1),
            });
          };
          await other("SAME", world.vip(1), 81);
          await other("INSIDE", world.vip(7), 80);
          await world.serve(1, "tcp", 80, "one");
          await world.serve(1, "tcp", 81, "other");
          for (const from of [world.netns(2), undefined]) {
            const asked = async (n: number, port: number) => (await askFrom(from, "tcp", world.vip(n), port)).answers;
            expect([await asked(1, 80), await asked(1, 81), await asked(7, 80)]).toEqual([
              { one: 1 },
              { other: 1 },
              { other: 1 },
            ]);
            expect((await askFrom(from, "tcp", world.vip(99), 80)).failures).toEqual({ "no answer": 1 });
          }
          await expect(
            world.stack.make("serviceVip", "TAKEN", {
              chain: "BESIDE",
              name: "TAKEN",
              address: world.vip(1),
              ports: [{ port: 80 }],
            }),
          ).rejects.toThrow(/:80 \(tcp\) is taken by the service WORLD-SERVICES\/ONE/);
          expect(await world.stack.drifted()).toEqual([]);
        },
        { vipRange: "10.49.0.0/16" },
      ),
    ));
});
