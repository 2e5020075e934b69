import type { FailureCode } from "../kernel/errors.js";
import { disableIp6, familyOf, unsingle } from "../kernel/family.js";
import { withoutIp6 } from "../kernel/ip6-off.js";
import type { AddressAction, IpStep, LinkAdd, LinkSet, NamespaceAction, RouteAction } from "../kernel/plan.js";
import { isDefault } from "./route-steps.js";
import { ipThere, where } from "./where.js";

/*
 * The kernel refuses with one word. These are the sentences: argument, value, reason and cure.
 * Only the peer of a pair is in another namespace than the host's.
 */

/** What is wrong with a step that the kernel refused so; undefined where its word says it. */
export function whyStep(step: IpStep, code: FailureCode): string | undefined {
  switch (step.do) {
    case "address.add":
    case "address.replace":
      return whyAddress(step, code);
    case "route.add":
    case "route.replace":
      return whyRoute(step, code);
    case "link.add":
      return whyNew(step, code);
    case "link.set":
      return whySetting(step, code);
    case "netns.add":
      return whyNamespace(step, code);
    default:
      return undefined;
  }
}

/** A new link has the switch of `default`. */
function noIp6(argument: string, value: string, dev: string, namespace: string | undefined, code: FailureCode) {
  if (code === "unsupported") return `${argument}: ${withoutIp6(value)}`;
  // Up to kernel 5.x it says "Permission denied".
  if (code !== "no-ipv6" && code !== "permission") return undefined;
  const keys = [...(dev === "lo" ? [] : [disableIp6("default")]), disableIp6(dev)].map((key) => `${key}=0`);
  return `${argument}: "${value}" is of IPv6, which is off on ${dev}${where(namespace)}: turn it on there (${keys.join(" and ")}), or leave IPv6 out`;
}

function whyAddress({ address, dev, namespace }: AddressAction, code: FailureCode): string | undefined {
  const argument = namespace === undefined ? "addresses" : "peer.addresses";
  return familyOf(address) === "ip6" ? noIp6(argument, address, dev, namespace, code) : undefined;
}

function whyRoute({ to, via, dev = "", namespace }: RouteAction, code: FailureCode): string | undefined {
  const isGateway = via !== undefined && isDefault(to);
  const overLo = to === unsingle(to) ? "vipRange" : "address";
  const argument = dev === "lo" ? overLo : `peer.${isGateway ? "gateway" : "routes"}`;
  const value = isGateway ? via : unsingle(to);
  const why = familyOf(via ?? to) === "ip6" ? noIp6(argument, value, dev, namespace, code) : undefined;
  if (why !== undefined || via === undefined || code !== "invalid") return why;
  return `${argument}: "${via}" is no next hop for ${dev}${where(namespace)}: it is in none of its networks, or an address of its own, or that of all hosts: name a router in a network of peer.addresses`;
}

function whyNamespace({ name }: NamespaceAction, code: FailureCode): string | undefined {
  if (code === "full")
    return `name: no room is left for network namespace "${name}": see that /run has space (df /run), and that user.max_net_namespaces and fs.mount-max allow one more (sysctl -w)`;
  if (code === "read-only")
    return `name: "${name}" becomes a file in /run/netns, which is read-only: mount it writable (mount -o remount,rw /run)`;
  return undefined;
}

function whyNew({ name, peer }: LinkAdd, code: FailureCode): string | undefined {
  if (code !== "exists") return undefined;
  const shows = [`ip link show dev ${name}`];
  if (peer) shows.push(`${ipThere(peer.namespace)} link show dev ${peer.name}`);
  return `name: an interface is called "${name}"${peer ? ` or "${peer.name}" (peer.name)` : ""} already, be it by an alternative name: see which (${shows.join("; ")}), and give another name`;
}

function whySetting({ name, namespace, set }: LinkSet, code: FailureCode): string | undefined {
  if (set.name !== undefined && code === "busy")
    return `a kernel before 6.2 renames no interface that is up, so set it down first (ip link set dev ${name} down)`;
  if (set.master && code === "full") return `bridge: ${fullBridge(set.master)}`;
  if (set.master && code === "unsupported")
    return `bridge: "${set.master}" takes ${name} for no port of it: name a bridge`;
  if (set.mtu !== undefined && code === "invalid")
    return `mtu: ${set.mtu} is none that ${name}${where(namespace)} can have: write one from minmtu to maxmtu, as ${ipThere(namespace)} -d link show dev ${name} tells them`;
  if (set.up && code === "in-use")
    return `macAddress: another link on top of the same one has that of "${name}" already: choose another, or leave it out`;
  return undefined;
}

/** BR_MAX_PORTS, without number 0. */
export const MOST_PORTS = 1023;

export const fullBridge = (bridge: string) =>
  `"${bridge}" has all the ${MOST_PORTS} ports that the kernel gives a bridge: give this pair another bridge, or take a port from that one`;
