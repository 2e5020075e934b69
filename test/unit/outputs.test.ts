import { expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { withoutNotes } from "../../provider/lifecycle/noted.js";
import { cases } from "../contract/cases.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";

/** What a resource says besides its arguments, as its class declares it. */
const OUTPUTS: Record<Kind, string[]> = {
  bridge: ["macAddress"],
  macvlan: ["macAddress"],
  netNamespace: ["path"],
  vethPair: ["macAddress", "peerMacAddress"],
  natChain: ["vips"],
  serviceVip: ["url", "hostPort", "chainName"],
  endpoint: ["chainName", "serviceChainName"],
};

const titled = cases.map((each) => ({ ...each, title: each.kind + (each.on ?? "") }));

async function make(host: FakeHost, made: [Kind, Inputs][]): Promise<[Kind, string, Inputs][]> {
  const states: [Kind, string, Inputs][] = [];
  for (const [kind, inputs] of made) {
    const { id, outs } = await lifecycleOn(host, kind).create(inputs);
    states.push([kind, id, outs]);
  }
  return states;
}

it.each(titled)(
  "$title: an engine shows its arguments and outputs, and nothing that we note for ourselves",
  async (each) => {
    const [, , outs = {}] = (await make(new FakeHost(), [...each.needs, [each.kind, each.inputs]])).at(-1) ?? [];
    // As Pulumi shows properties
    const shown = Object.keys(outs).filter((key) => !key.startsWith("__"));
    const declared = [...Object.keys(each.inputs), ...OUTPUTS[each.kind]];
    expect(shown.filter((key) => !declared.includes(key))).toEqual([]);
  },
);

/**
 * What is left when all rules were flushed by hand before all was deleted; `state` is what the
 * state file has.
 */
async function left(
  { kind, inputs, needs }: (typeof cases)[number],
  state: (outs: Inputs) => Inputs,
): Promise<unknown> {
  const host = new FakeHost();
  const states = await make(host, [...needs, [kind, inputs]]);
  for (const table of host.snapshot.firewall.values())
    for (const [chain, content] of table) table.set(chain, { ...content, rules: [] });
  for (const [each, id, outs] of states.reverse()) await lifecycleOn(host, each).delete(id, state(outs));
  return stateOf(host.snapshot);
}

it.each(titled)("$title: what version 0.1 has noted in the open is known still", async (each) => {
  expect(await left(each, withoutNotes)).toEqual(await left(each, (outs) => outs));
});

it("without what was noted more would be left", async () => {
  const [bridge] = cases as [(typeof cases)[number]];
  const pristine = stateOf(new FakeHost().snapshot);
  expect(await left(bridge, withoutNotes)).toEqual(pristine);
  expect(await left(bridge, ({ __noted, ...outs }) => outs)).not.toEqual(pristine);
});
