import { factsOf } from "./rule-facts.js";
import type { Table } from "./ruleset.js";

/** Where Docker leaves room for the rules of others; it puts its own before all else in FORWARD. */
export const DOCKER_USER = "DOCKER-USER";

/** The chain of a table filter in which rules stand before all else that is forwarded. */
export function forwardChain(filter: Table | undefined): string {
  const jumps = filter?.get("FORWARD")?.rules.some((rule) => factsOf(rule).target === DOCKER_USER);
  return jumps && filter?.has(DOCKER_USER) ? DOCKER_USER : "FORWARD";
}
