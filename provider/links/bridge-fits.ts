import type { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Bearer } from "../ownership/mark.js";
import { refusedBy } from "../ownership/refuse.js";
import { declaredNetworks } from "../services/neighbours.js";
import { type BridgeArgs, forwarded } from "./bridge-args.js";
import { newAddressChecks } from "./fits.js";
import { mustBeSwitchable } from "./ip-forward.js";
import { bridgeIp6 } from "./veth-fits.js";

/** What the host as it is wouldn't take of it. */
export const bridgeUnfit = (desired: BridgeArgs, host: Snapshot, bearer: Bearer): Refusal[] =>
  refusedBy(
    ...forwarded(desired).map((family) => () => mustBeSwitchable(family, host)),
    ...newAddressChecks(desired, host, bearer),
  );

/** What its ports and the services of its host have to agree with. */
export function bridgeDeclares({ name, addresses = [], mtu }: BridgeArgs): Record<string, string> {
  const ip6 = mtu === undefined ? addresses.find((each) => familyOf(each) === "ip6") : undefined;
  return { ...(ip6 !== undefined && { [bridgeIp6(name)]: ip6 }), ...declaredNetworks(name, addresses) };
}
