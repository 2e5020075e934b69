import { z } from "zod";
import { disableIp6 } from "../kernel/family.js";
import type { Step } from "../kernel/plan.js";
import type { NamespaceView } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";

/** Dotted key → value. */
type Sysctls = Record<string, string>;

/** What the kernel keeps for every interface, and for those to come. */
const NO_INTERFACE = ["all", "default"];

/**
 * The interface that a sysctl is of ("eth0" of net.ipv4.conf.eth0.rp_filter); undefined where it is
 * of the whole namespace. sysctl(8) writes a dot of its name as "/".
 */
export function interfaceOf(key: string): string | undefined {
  const [, name] = /^net\.(?:(?:ipv4|ipv6)\.(?:conf|neigh)|mpls\.conf)\.([^.]+)\.[^.]+$/.exec(key) ?? [];
  return name === undefined || NO_INTERFACE.includes(name) ? undefined : name.replaceAll("/", ".");
}

/** A sysctl of an interface that isn't there yet is set by what makes the interface. */
export function isWaiting(key: string, view: Pick<NamespaceView, "links"> | undefined): boolean {
  const name = interfaceOf(key);
  return name !== undefined && name !== "lo" && !view?.links.has(name);
}

const about = (namespace: string) => `sysctls of ${namespace}`;

/** What a NetNamespace says to those that make interfaces in it. */
export const declaredSysctls = (namespace: string, sysctls: Sysctls): Record<string, string> => ({
  [about(namespace)]: JSON.stringify(sysctls),
});

/** The steps for a new interface in a namespace: what the program's NetNamespace says of it. */
export function interfaceSysctlSteps(
  namespace: string | undefined,
  name: string,
  { declared }: Context,
  why: string,
): Step[] {
  if (namespace === undefined) return [];
  return Object.entries(sysctlsOf(namespace, declared))
    .filter(([key]) => interfaceOf(key) === name)
    .map(([key, value]) => ({ do: "sysctl", namespace, key, value, why }));
}

function sysctlsOf(namespace: string, declared: Context["declared"]): Sysctls {
  const text = declared?.(about(namespace));
  return text === undefined ? {} : z.record(z.string(), z.string()).parse(JSON.parse(text));
}

/** The sysctl of a namespace that turns IPv6 off for an interface that is made in it. */
export function ip6Off(namespace: string, name: string, declared: Context["declared"]): string | undefined {
  const sysctls = sysctlsOf(namespace, declared);
  const [own, ...ofNew] = [name, "all", "default"].map(disableIp6);
  // That of `all` sets that of `default`, too, so the last one counts, and its own after that.
  const last = [...Object.keys(sysctls).filter((key) => ofNew.includes(key)), own!].findLast((key) => key in sysctls);
  return last !== undefined && sysctls[last] === "1" ? last : undefined;
}
