import { readFileSync } from "node:fs";

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** Whether the capabilities in `/proc/self/status` suffice for network and mount namespaces. */
export function mayMakeNamespaces(status: string): boolean {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (hex === undefined) return false;
  const effective = BigInt(`0x${hex}`);
  return [CAP_NET_ADMIN, CAP_SYS_ADMIN].every((bit) => (effective >> bit) % 2n === 1n);
}

/** Whether a sandbox made by this process needs a user namespace, in which this user is root. */
export const needsUserNamespace = (): boolean => !mayMakeNamespaces(readFileSync("/proc/self/status", "utf8"));
