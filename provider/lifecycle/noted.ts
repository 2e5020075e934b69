import type { Inputs } from "./inputs.js";

/**
 * What a definition's outputs say that no program needs: what was on the host before, and in which
 * NatChain an endpoint is.
 */
const NOTED = [
  ...["newTables", "newChains", "natChain"],
  ...["ipForwardBefore", "ipv6ForwardBefore", "ipForwardOthers", "ipv6ForwardOthers"],
];

const isNothing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

/**
 * A definition's outputs for the state file. Engines show nothing of a key that begins with two
 * underscores.
 */
export function withNotes(outputs: Inputs): Inputs {
  const entries = Object.entries(outputs);
  const noted = entries.filter(([key, value]) => NOTED.includes(key) && !isNothing(value));
  return {
    ...Object.fromEntries(entries.filter(([key]) => !NOTED.includes(key))),
    ...(noted.length > 0 && { __noted: Object.fromEntries(noted) }),
  };
}

/** The state file's outputs as a definition gave them; version 0.1 kept them as they were. */
export function withoutNotes({ __noted, ...outputs }: Inputs): Inputs {
  return { ...outputs, ...(__noted as Inputs | undefined) };
}
