import type { Link } from "./snapshot.js";

/**
 * Are they the two ends of one veth pair? Indexes repeat across namespaces, so each has to name the
 * other.
 */
export const arePair = (a: Link, b: Link): boolean =>
  a.kind === "veth" &&
  b.kind === "veth" &&
  (a.peerIndex === b.index || a.peerName === b.name) &&
  (b.peerIndex === a.index || b.peerName === a.name);

/**
 * Makes two links the ends of one pair, as the kernel tells it: by name in one namespace
 * (`together`), else by index.
 */
export function tie(a: Link, b: Link, together: boolean): void {
  if (together) [a.peerName, b.peerName] = [b.name, a.name];
  else [a.peerIndex, b.peerIndex] = [b.index, a.index];
}
