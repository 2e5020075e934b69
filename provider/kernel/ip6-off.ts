import { Refusal } from "./errors.js";
import { disableIp6, FORWARDING, familyOf } from "./family.js";
import type { Snapshot } from "./snapshot.js";

/** How a link that is still to be made is called here. */
export const NEW_LINK = "default";

/** Throws a Refusal for an address of IPv6 where the host, or the device, has none. */
export function mustTakeIp6(argument: string, address: string, { sysctls }: Snapshot, device = NEW_LINK): void {
  if (familyOf(address) === "ip") return;
  // All of a host's switches are read before the first is asked for.
  if (sysctls.has(FORWARDING.ip) && !sysctls.has(FORWARDING.ip6)) throw new Refusal(argument, withoutIp6(address));
  const key = disableIp6(device);
  if (sysctls.get(key) !== "1") return;
  const where = device === NEW_LINK ? "each new interface of this host" : `${device} of this host`;
  throw new Refusal(
    argument,
    `"${address}" is of IPv6, which is off on ${where}: turn it on (sysctl -w ${key}=0), or leave IPv6 out`,
  );
}

export const withoutIp6 = (address: string) =>
  `"${address}" is of IPv6, which this kernel was started without (ipv6.disable=1): start it without that, or leave IPv6 out`;
