import { isLinkLocal } from "../kernel/address.js";
import { Prerequisite, Refusal } from "../kernel/errors.js";
import { single } from "../kernel/family.js";
import { mustTakeIp6 } from "../kernel/ip6-off.js";
import type { Link, NetView, Snapshot } from "../kernel/snapshot.js";
import { type Bearer, belongsTo } from "../ownership/mark.js";
import { mustBeFirstName } from "./names.js";
import { ipThere } from "./where.js";
import { fullBridge, MOST_PORTS } from "./why-step.js";

/**
 * What a host as it is takes. Each throws a Refusal with what the kernel would refuse only while
 * the resource is made.
 */

/** Addresses of a link that is still to be made. */
interface NewAddresses {
  argument: string;
  namespace?: string;
  addresses?: readonly string[];
}

/** The host has IPv6 for them. */
export function mustTakeAll({ argument, addresses = [] }: NewAddresses, host: Snapshot): void {
  for (const [at, each] of addresses.entries()) mustTakeIp6(`${argument}[${at}]`, each, host);
}

/**
 * No other interface has one of them: then one of the two gets nothing, for the kernel sends all
 * that is for their network to the other. An address alone (/32) may be on many, as the gateway of
 * point-to-point links is. A VRF has routes of its own, and a link of this stack may lose its own.
 */
export function mustBeFreeAddresses(
  { argument, namespace, addresses = [] }: NewAddresses,
  view: NetView,
  bearer: Bearer,
): void {
  for (const [at, each] of addresses.entries()) {
    const [address = ""] = each.split("/");
    if (each === single(address) || isLinkLocal(each)) continue;
    for (const { name, alias, portOf, addresses: own } of view.links.values()) {
      const held = own.find((has) => has.startsWith(`${address}/`) && has !== single(address));
      if (held !== undefined && portOf !== "vrf" && belongsTo(alias, bearer) !== "ours")
        throw new Refusal(
          `${argument}[${at}]`,
          `"${each}" is an address of interface ${name} already, and the kernel would send to one of the two alone: choose another, or take it from there (${ipThere(namespace)} addr del ${held} dev ${name})`,
        );
    }
  }
}

/** What has to hold for the addresses of a link of the host, if it is new. */
export const newAddressChecks = (
  { name, addresses }: { name: string; addresses?: readonly string[] },
  host: Snapshot,
  bearer: Bearer,
): (() => void)[] =>
  host.links.has(name)
    ? []
    : [
        () => mustTakeAll({ argument: "addresses", addresses }, host),
        () => mustBeFreeAddresses({ argument: "addresses", addresses }, host, bearer),
      ];

/** A link is there, and is a bridge. */
export function mustBeBridge(name: string, host: Snapshot): void {
  const link = host.links.get(name);
  mustBeFirstName(name, "bridge", host);
  if (!link)
    throw new Prerequisite("bridge", `there is no bridge ${name}: declare it, or depend on what makes it`, {
      what: `bridge ${name}`,
      claim: `interface ${name}`,
    });
  if (link.kind !== "bridge") throw new Refusal("bridge", noBridge(link));
}

const noBridge = ({ name, kind }: Link) =>
  `"${name}" is ${kind === "" ? "an interface" : `a link of kind ${kind}`}, and only a bridge has ports: name a bridge`;

/**
 * The same as far as it is known before the program has made its own. A link of this stack may be
 * replaced by a bridge.
 */
export function mustTakePort(bridge: string, port: string, host: Snapshot, bearer: Bearer): void {
  mustBeFirstName(bridge, "bridge", host);
  const link = host.links.get(bridge);
  if (!link) return;
  if (link.kind !== "bridge" && belongsTo(link.alias, bearer) !== "ours") throw new Refusal("bridge", noBridge(link));
  if (host.links.get(port)?.master === bridge) return;
  const ports = [...host.links.values()].filter(({ master }) => master === bridge).length;
  if (ports >= MOST_PORTS) throw new Refusal("bridge", fullBridge(bridge));
}
