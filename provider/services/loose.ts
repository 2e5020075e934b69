import { drift } from "../kernel/drift.js";
import type { NatStep } from "../kernel/plan.js";
import type { Context } from "../ownership/context.js";
import { isOf } from "../ownership/mark.js";
import { type ServiceArgs, serviceSpec } from "./service-args.js";
import { natStep, type Site } from "./site.js";
import { keyOf } from "./state.js";

/**
 * Takes away the endpoints that services carried and that none leads to any more, as after a flush
 * of a service's chain. They bear the mark of what carried them.
 */
export function looseRemoval(site: Site, services: ServiceArgs[], context: Context): NatStep[] {
  const carried = services.map((each) => serviceSpec(each, context.mark));
  return (["ip", "ip6"] as const).flatMap((family) => {
    const service = keyOf({ family, name: "" });
    const held = site.state.services.get(service);
    const names = new Set(carried.filter((each) => each.family === family).flatMap((each) => namesIn(each)));
    const gone = held?.endpoints.find(({ name, mark }) => names.has(name) && isOf(mark, context));
    if (!held || !gone) return [];
    const endpoints = held.endpoints.filter(({ name, mark }) => !names.has(name) || !isOf(mark, context));
    const state = endpoints.length > 0 ? { ...held, endpoints } : null;
    return [natStep(site, { service, state }, context, drift("endpoints", gone.name, undefined))];
  });
}

const namesIn = ({ endpoints }: { endpoints: { name: string }[] }) => endpoints.map(({ name }) => name);
