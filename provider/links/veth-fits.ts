import type { Refusal } from "../kernel/errors.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Bearer } from "../ownership/mark.js";
import { refusedBy } from "../ownership/refuse.js";
import { mustTakeAll, mustTakePort } from "./fits.js";
import { mustBeFreeName } from "./names.js";
import type { VethArgs } from "./veth-args.js";

/** Throws a Refusal where another interface has the name of an end as an alternative name. */
export function mustHaveFreeNames({ name, peer }: VethArgs, host: Snapshot): void {
  mustBeFreeName(name, "name", host);
  const inside = peer.namespace === undefined ? host : host.namespaces.get(peer.namespace);
  if (inside) mustBeFreeName(peer.name, "peer.name", inside, peer.namespace);
}

/** What the host as it is wouldn't take of it. */
export const vethUnfit = (desired: VethArgs, host: Snapshot, bearer: Bearer): Refusal[] => {
  const { name, bridge, addresses, peer } = desired;
  const isNew = !host.links.has(name);
  return refusedBy(
    () => bridge !== undefined && mustTakePort(bridge, name, host, bearer),
    () => mustHaveFreeNames(desired, host),
    () => isNew && mustTakeAll("addresses", addresses, host),
    () => isNew && peer.namespace === undefined && mustTakeAll("peer.addresses", peer.addresses, host),
  );
};
