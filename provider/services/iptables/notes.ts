import { type Conditions, USUAL } from "../../kernel/service-spec.js";

const KEYS = Object.keys(USUAL) as (keyof Conditions)[];

/**
 * What a rule of an endpoint says of it, as far as that is not the usual: { weight: "3", ready:
 * "no" }.
 */
export function saysOf(endpoint: Conditions): Record<string, string> {
  return Object.fromEntries(
    KEYS.filter((key) => endpoint[key] !== USUAL[key]).map((key) => [key, written(endpoint[key])]),
  );
}

/** What a rule says of its endpoint. */
export function conditionsIn(says: Record<string, string> = {}): Conditions {
  const flag = (key: "ready" | "serving" | "terminating" | "local") =>
    says[key] === undefined ? USUAL[key] : says[key] === "yes";
  return {
    weight: Number(says.weight ?? USUAL.weight),
    ready: flag("ready"),
    serving: flag("serving"),
    terminating: flag("terminating"),
    local: flag("local"),
  };
}

/** Does a rule say of its endpoint what it has to? */
export function saysSo(says: Record<string, string> | undefined, endpoint: Conditions): boolean {
  const found = conditionsIn(says);
  return KEYS.every((key) => found[key] === endpoint[key]);
}

const written = (value: number | boolean) => (typeof value === "number" ? String(value) : value ? "yes" : "no");
