import { expect, it } from "vitest";
import type { Step } from "../../provider/kernel/plan.js";
import type { NetView, Snapshot } from "../../provider/kernel/snapshot.js";
import { inverseOf, printed, type StepTable } from "../../provider/kernel/steps/table.js";
import { vethPair } from "../../provider/resources.js";
import { applyStep } from "../../provider/services/steps.js";
import { emptySnapshot } from "../support/fake-host.js";
import {
  addressAdd,
  addressDelete,
  linkAdd,
  linkDelete,
  linkSet,
  netnsAdd,
  netnsDelete,
  routeAdd,
  routeDelete,
} from "../support/ip-steps.js";
import { Planner } from "../support/planner.js";
import { stateOf } from "../support/state-of.js";
import { WORDS } from "../support/words.js";

it("a kind of step without a row doesn't compile, nor one that doesn't say when it runs", () => {
  type Without<Kind extends Step["do"]> = Omit<StepTable, Kind>;
  // @ts-expect-error: a row is missing
  const missing = (rows: Without<"link.add">): StepTable => rows;
  // @ts-expect-error: a row of rules that names no tool
  const toolless = (rows: StepTable, nat: Omit<StepTable["nat"], "tool">): StepTable => ({ ...rows, nat });
  // @ts-expect-error: a row without a phase
  const never = (rows: StepTable, sysctl: Omit<StepTable["sysctl"], "phase">): StepTable => ({ ...rows, sysctl });
  // @ts-expect-error: a row without a model
  const blind = (rows: StepTable, chain: Omit<StepTable["chain"], "apply">): StepTable => ({ ...rows, chain });
  expect([missing, toolless, never, blind]).toHaveLength(4);
});

const run = (host: Snapshot, ...steps: Step[]) => {
  for (const step of steps) applyStep(host, step);
};

it.each(WORDS)("a link called %s is that link in every step", (name) => {
  const inside = `in.${name}`;
  const host = emptySnapshot();
  run(host, netnsAdd(inside), linkAdd(name, "bridge"));
  run(host, linkAdd("port", "veth", { peer: { name, namespace: inside } }));
  run(host, linkSet("port", { master: name, up: true }), linkSet(name, { mtu: 1400, promiscuous: true, up: true }));
  run(host, addressAdd("10.0.0.1/24", name), routeAdd({ to: "10.1.0.0/16", via: "10.0.0.9", dev: name }));
  run(host, linkSet(name, { type: { kind: "bridge", options: { stp_state: "1" } }, alias: "mine" }));
  run(host, linkSet(name, { up: true }, inside), addressAdd("fd00::1/64", name, inside));
  const view = host as NetView;
  expect(view.links.get(name)).toMatchObject({
    mtu: 1400,
    promiscuous: true,
    up: true,
    alias: "mine",
    options: { stp_state: "1" },
    addresses: ["10.0.0.1/24"],
  });
  expect(view.links.get("port")).toMatchObject({ master: name, up: true });
  expect(view.routes).toEqual([{ to: "10.1.0.0/16", via: "10.0.0.9", dev: name, protocol: "boot", type: "unicast" }]);
  expect(host.namespaces.get(inside)?.links.get(name)).toMatchObject({ up: true, addresses: ["fd00::1/64"] });

  run(host, linkSet(name, { name: "other" }));
  expect(view.links.get("port")?.master).toBe("other");
  expect(view.routes.map(({ dev }) => dev)).toEqual(["other"]);
  run(host, linkSet("other", { name }), routeDelete({ to: "10.1.0.0/16", dev: name }));
  run(host, addressDelete("10.0.0.1/24", name), linkDelete("port"), linkDelete(name), netnsDelete(inside));
  expect(stateOf(host)).toEqual(stateOf(emptySnapshot()));
});

it.each(WORDS)("where a pair's ends are called %s, what drifted is mended and nothing else", (name) => {
  const on = new Planner();
  run(on.host, netnsAdd("ns"));
  const peer = { name, namespace: "ns", addresses: ["10.0.0.2/24"], gateway: "10.0.0.1" };
  const inputs = { name, mtu: 1400, peer };
  const state = on.up(vethPair, inputs, on.context("v"));
  run(on.host, linkSet(name, { mtu: 1300 }, "ns"));
  const steps = on.plan(vethPair, inputs, on.context("v", state));
  expect(steps.map(printed)).toEqual([`ip -n ns link set dev ${name} mtu 1400`]);
  expect(steps.map((step) => printed(inverseOf(step)!))).toEqual([`ip -n ns link set dev ${name} mtu 1300`]);
});
