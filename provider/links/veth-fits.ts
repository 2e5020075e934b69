import type { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { NetView, Snapshot } from "../kernel/snapshot.js";
import { LEAST_MTU6 } from "../kernel/values.js";
import type { Declared } from "../ownership/context.js";
import type { Bearer } from "../ownership/mark.js";
import { refusedBy } from "../ownership/refuse.js";
import { mustBeFreeAddresses, mustTakeAll, mustTakePort, newAddressChecks } from "./fits.js";
import { ip6Off } from "./interface-sysctls.js";
import { mustBeFreeName } from "./names.js";
import type { VethArgs } from "./veth-args.js";
import { MOST_PORTS } from "./why-step.js";

/** What is beside the peer; undefined where its namespace isn't there. */
export const viewOfPeer = ({ peer: { namespace } }: VethArgs, host: Snapshot): NetView | undefined =>
  namespace === undefined ? host : host.namespaces.get(namespace);

/** Throws a Refusal where another interface has the name of an end as an alternative name. */
export function mustHaveFreeNames(desired: VethArgs, host: Snapshot): void {
  const { name, peer } = desired;
  mustBeFreeName(name, "name", host);
  const inside = viewOfPeer(desired, host);
  if (inside) mustBeFreeName(peer.name, "peer.name", inside, peer.namespace);
}

/** What the host as it is wouldn't take of it. */
export const vethUnfit = (desired: VethArgs, host: Snapshot, bearer: Bearer): Refusal[] => {
  const { name, bridge, peer } = desired;
  const inside = viewOfPeer(desired, host);
  const ofPeer = {
    argument: "peer.addresses",
    namespace: peer.namespace,
    addresses: inside?.links.has(peer.name) ? [] : peer.addresses,
  };
  return refusedBy(
    () => bridge !== undefined && mustTakePort(bridge, name, host, bearer),
    () => mustHaveFreeNames(desired, host),
    ...newAddressChecks(desired, host, bearer),
    () => peer.namespace === undefined && mustTakeAll(ofPeer, host),
    () => inside && mustBeFreeAddresses(ofPeer, inside, bearer),
  );
};

/** Under which name a Bridge declares its address of IPv6 that goes with its MTU. */
export const bridgeIp6 = (bridge: string) => `IPv6 on bridge ${bridge}`;

/** How many ports the kernel gives a bridge. */
export const portClaim = (bridge: string | undefined) =>
  bridge === undefined
    ? []
    : [{ property: "bridge", claim: `a port of bridge ${bridge}`, shareable: true, atMost: MOST_PORTS }];

/** What the program itself says of its bridge and its namespace, with which it can't work. */
export function vethDisagrees(
  { bridge = "", mtu = LEAST_MTU6, peer }: VethArgs,
  declared: Declared,
): Record<string, string> {
  const found: Record<string, string> = {};
  const ip6 = declared(bridgeIp6(bridge));
  // A bridge without an MTU of its own takes the least of its ports.
  if (mtu < LEAST_MTU6 && ip6 !== undefined)
    found.mtu = `${mtu} becomes the MTU of bridge ${bridge}, too, and the kernel takes ${ip6} from it then: write ${LEAST_MTU6} or more, or give the bridge an mtu`;
  const at = peer.addresses.findIndex((each) => familyOf(each) === "ip6");
  const key = at < 0 || peer.namespace === undefined ? undefined : ip6Off(peer.namespace, peer.name, declared);
  if (key !== undefined)
    found[`peer.addresses[${at}]`] =
      `"${peer.addresses[at]}" is of IPv6, which the sysctl ${key} of ${peer.namespace} turns off: leave one of the two out`;
  return found;
}
