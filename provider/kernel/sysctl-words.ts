import { shown } from "./shown.js";

/** What there is of a sysctl in a network namespace, as host/look-sysctls.ts sees it. */
export type SysctlIs = "absent" | "folder" | "unreadable" | "writable" | "read-only" | "constant" | "host-wide";

/** Why a sysctl can't be set in what `where` names, and the cure; undefined where it can be. */
export function whyNotSettable(is: SysctlIs, key: string, value: string, where: string): string | undefined {
  const reason = reasonOf(is, key, where);
  return reason && `${key} can't be set to ${shown(value)}, for ${reason}`;
}

function reasonOf(is: SysctlIs, key: string, where: string): string | undefined {
  switch (is) {
    case "absent":
      return `${where} has no such sysctl: correct the name, or load the module that has it (modprobe)`;
    case "folder":
      return "it is a folder of sysctls: name one that is in it";
    case "unreadable":
      return "it can only be written, and nobody could tell whether it is set: leave it out";
    case "read-only":
      return "/proc/sys is read-only, as in a container without privileges: mount it writable (mount -o remount,rw /proc/sys), or set that before";
    case "constant":
      return `${where} can only read it: leave it out, or set it where it can be set (sysctl -w ${key}=… on the machine itself)`;
    case "host-wide":
      return `it is one for the whole host, and no namespace has its own: set it on the host (sysctl -w ${key}=…), and leave it out here`;
    case "writable":
      return undefined;
  }
}

export const inNamespace = (name: string) => `network namespace ${name}`;
