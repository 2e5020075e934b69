import type { PortSpec } from "../kernel/service-spec.js";

/** A port as it is, and as it is declared. */
interface PortPair {
  found?: PortSpec;
  declared?: PortSpec;
}

/**
 * A port is known by its number and protocol; one that is not there stands for one that is not
 * declared.
 */
export function portPairs(found: PortSpec[], declared: PortSpec[]): PortPair[] {
  const isSame = (a: PortSpec) => (b: PortSpec) => a.port === b.port && a.protocol === b.protocol;
  const left = found.filter((port) => !declared.some(isSame(port)));
  const pairs = declared.map((port) => ({ declared: port, found: found.find(isSame(port)) ?? left.shift() }));
  return [...pairs, ...left.map((port) => ({ found: port }))];
}
