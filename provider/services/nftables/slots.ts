import { Refusal } from "../../kernel/errors.js";
import { naturally } from "../../kernel/natural-order.js";
import type { EndpointSpec } from "../../kernel/service-spec.js";

/** A kernel takes more elements than this, but nobody waits for them. */
const MOST_SLOTS = 65_536;

/**
 * The addresses among which a number is drawn: each endpoint stands there as often as its weight
 * says, so that all shares are exact. Weights are reduced first (300 and 100 make four slots). The
 * order is that of the names, so that a change moves as few slots as possible.
 */
export function slotsOf(endpoints: EndpointSpec[]): string[] {
  const divisor = divisorOf(endpoints);
  return endpoints
    .toSorted((a, b) => naturally(a.name, b.name))
    .flatMap(({ address, weight }) => Array<string>(weight / divisor).fill(address));
}

/**
 * Throws a Refusal when the weights have so little in common that their shares would take too many
 * slots.
 */
export function mustBeFew(what: string, endpoints: EndpointSpec[]): void {
  const slots = endpoints.reduce((sum, { weight }) => sum + weight, 0) / (divisorOf(endpoints) || 1);
  if (slots > MOST_SLOTS)
    throw new Refusal(
      "endpoints",
      `the weights of ${what} make ${slots} shares, and at most ${MOST_SLOTS} can be laid out: use smaller weights, or such as have a common divisor`,
    );
}

const divisorOf = (endpoints: EndpointSpec[]) =>
  endpoints.reduce((divisor, { weight }) => greatestCommonDivisor(divisor, weight), 0);

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
