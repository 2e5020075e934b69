import { drift } from "../../kernel/drift.js";
import { type Conditions, USUAL } from "../spec.js";

const KEYS = Object.keys(USUAL) as (keyof Conditions)[];

/** What a rule of an endpoint says of it, as far as that is not the usual: { weight: "3", ready: "no" }. */
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

/** Names each condition that is other than declared; "" when none is. */
export function conditionDrift(found: Conditions, declared: Conditions): string {
  return KEYS.filter((key) => found[key] !== declared[key])
    .map((key) => drift(key, found[key], declared[key]))
    .join("; ");
}

const written = (value: number | boolean) => (typeof value === "number" ? String(value) : value ? "yes" : "no");
