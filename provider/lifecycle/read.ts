import { isDeepStrictEqual } from "node:util";
import { HostMissing } from "../host/host.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Noted } from "../ownership/context.js";
import { argumentsOf } from "./changes.js";
import { type Inputs, parseInputs, type Wish } from "./inputs.js";
import { existsOn } from "./needs.js";
import type { Resource } from "./resource.js";

/** What a refresh gets: an empty id drops the resource from the state. */
export interface Read {
  id: string;
  props: Inputs;
  /** The arguments as they were found, where they are not those of the state. */
  inputs?: Inputs;
}

export async function read<D, S extends Noted>(resource: Resource<D, S>, id: string, olds: Inputs): Promise<Read> {
  const { definition } = resource;
  const wish = resource.formerOf(olds);
  try {
    const snapshot = await resource.hostOf(wish).view(definition.scope(wish.desired));
    if (!existsOn(definition, wish.desired, snapshot, resource.contextOf(wish, olds))) return { id: "", props: olds };
    return { id, props: olds, ...asFound(resource, wish, olds, snapshot) };
  } catch (error) {
    if (error instanceof HostMissing) return { id: "", props: olds };
    throw error;
  }
}

/**
 * The outputs and inputs with the arguments as they were found. All else stays: names, owner,
 * notes. What could not be declared like that (a port that has addresses) stays as it was, and is
 * drift.
 */
function asFound<D, S extends Noted>(
  resource: Resource<D, S>,
  wish: Wish<D>,
  olds: Inputs,
  snapshot: Snapshot,
): Pick<Read, "props" | "inputs"> | undefined {
  const { definition, run } = resource;
  if (!definition.observe || !run.refreshesInputs) return undefined;
  const context = resource.contextOf(wish, olds);
  const found = definition.observe(wish.desired, snapshot, context);
  const before = argumentsOf(definition, olds);
  const now = asWritten(before, { ...before, ...wish.desired }, { ...before, ...found }) as Inputs;
  if (isDeepStrictEqual(now, before) || !parseInputs(definition, now).wish) return undefined;
  const others = Object.entries(olds).filter(([key]) => !(key in before));
  const derived = definition.derived?.(wish.desired, snapshot, context) ?? [];
  const inputs = Object.entries(now).filter(([key]) => !derived.includes(key));
  return { props: { ...Object.fromEntries(others), ...now }, inputs: Object.fromEntries(inputs) };
}

/** A value as the user wrote it, but for what was found otherwise in it. */
function asWritten(written: unknown, declared: unknown, found: unknown): unknown {
  if (isDeepStrictEqual(declared, found)) return written;
  if (!isObject(written) || !isObject(declared) || !isObject(found)) return found;
  const keys = [...new Set([...Object.keys(written), ...Object.keys(found)])];
  const entries = keys.map((key) => [key, asWritten(written[key], declared[key], found[key])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

const isObject = (value: unknown): value is Inputs =>
  typeof value === "object" && value !== null && !Array.isArray(value);
