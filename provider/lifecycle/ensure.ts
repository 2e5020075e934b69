import type { Noted } from "../ownership/context.js";
import { asDeclared } from "./found.js";
import type { Inputs, Wish } from "./inputs.js";
import { newInstance } from "./instances.js";
import { planOf } from "./needs.js";
import { withNotes } from "./noted.js";
import type { Resource } from "./resource.js";

interface Ensured<D> {
  wish: Wish<D>;
  outs: Inputs;
}

/** Create and update are the same: observe, plan, run the steps. */
export async function ensure<D, S extends Noted>(
  resource: Resource<D, S>,
  news: Inputs,
  olds?: Inputs,
): Promise<Ensured<D>> {
  const { definition } = resource;
  const wish = resource.mustParse(news);
  const context = { ...resource.contextOf(wish, olds && asDeclared(olds)), writeMarks: true };
  const outputs = await resource.hostOf(wish).apply({
    scope: { ...definition.scope(wish.desired), renamed: olds !== undefined },
    direction: "make",
    last: definition.last ?? false,
    holder: resource.holderOf(wish),
    plan: (snapshot) => {
      const steps = planOf(definition, wish.desired, snapshot, context);
      resource.sayTakeover(wish, snapshot, context);
      return { steps, result: definition.outputs(wish.desired, snapshot, context) };
    },
  });
  return { wish, outs: clean({ ...news, ...withNotes(outputs) }) };
}

export async function create<D, S extends Noted>(
  resource: Resource<D, S>,
  inputs: Inputs,
): Promise<{ id: string; outs: Inputs }> {
  const { wish, outs } = await ensure(resource, { ...inputs, ...newInstance() });
  const id = resource.definition.id(wish.desired);
  resource.run.instances.have(resource.thing(id, wish), outs);
  return { id, outs };
}

export async function update<D, S extends Noted>(
  resource: Resource<D, S>,
  id: string,
  olds: Inputs,
  news: Inputs,
): Promise<Inputs> {
  const { __instance } = olds;
  const { wish, outs } = await ensure(resource, { ...news, __instance }, olds);
  resource.run.instances.have(resource.thing(id, wish), outs);
  return outs;
}

/** What crosses to the engine is JSON: an undefined in it would fail there, after the effect. */
const clean = (outputs: Inputs): Inputs => JSON.parse(JSON.stringify(outputs)) as Inputs;
