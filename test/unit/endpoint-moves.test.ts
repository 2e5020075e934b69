import { expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";

const BACKENDS = ["iptables", "nftables"];
const ADDRESSES = [
  ["10.7.0.1", "10.7.0.2", "10.7.1.1"],
  ["fd00:7::1", "fd00:7::2", "fd00:7:1::1"],
] as const;
const ways = BACKENDS.flatMap((from) =>
  BACKENDS.flatMap((to) => ADDRESSES.map((addresses) => [from, to, ...addresses] as const)),
);

it.each(ways)(
  "an endpoint whose service becomes another one, from %s to %s, leaves nothing behind (%s)",
  async (from, to, oldVip, newVip, address) => {
    const host = new FakeHost();
    const calls = (kind: Kind) => lifecycleOn(host, kind);
    const made: [Kind, string, Inputs][] = [];
    const make = async (kind: Kind, name: string, args: Inputs) => {
      const { id, outs } = await calls(kind).create({ ...args, __owner: `t/s/${name}` });
      made.push([kind, id, outs]);
    };
    const pristine = stateOf(host.snapshot);
    await make("natChain", "from", { name: "OLD", backend: from });
    await make("serviceVip", "old", { chain: "OLD", name: "WEB", address: oldVip, ports: [{ port: 80 }] });
    const without = stateOf(host.snapshot);

    // Which service "WEB" is only the host can say, so a change of it is none of a name.
    const args = { service: "WEB", name: "E1", address, __owner: "t/s/e" };
    const { id, outs } = await calls("endpoint").create(args);
    await make("natChain", "to", { name: "NEW", backend: to });
    await make("serviceVip", "new", { chain: "NEW", name: "WEB", address: newVip, ports: [{ port: 80 }] });
    const news = { ...args, service: "NEW/WEB" };
    expect((await calls("endpoint").diff(id, outs, news)).replaces ?? []).toEqual([]);
    const moved = await calls("endpoint").update(id, outs, news);
    host.log.length = 0;
    await calls("endpoint").update(id, moved.outs, news);
    expect(host.log).toEqual([]);

    await calls("endpoint").delete(id, moved.outs);
    for (const [kind, its, state] of made.splice(2).toReversed()) await calls(kind).delete(its, state);
    expect(stateOf(host.snapshot)).toEqual(without);
    for (const [kind, its, state] of made.toReversed()) await calls(kind).delete(its, state);
    expect(stateOf(host.snapshot)).toEqual(pristine);
  },
);
