import { Refusal } from "../kernel/errors.js";
import { mustTakeIp6 } from "../kernel/ip6-off.js";
import type { Link, Snapshot } from "../kernel/snapshot.js";
import { type Bearer, belongsTo } from "../ownership/mark.js";
import { mustBeFirstName } from "./names.js";
import { fullBridge, MOST_PORTS } from "./why-step.js";

/**
 * What a host as it is takes. Each throws a Refusal with what the kernel would refuse only while
 * the resource is made.
 */

/** Of a link that is still to be made. */
export function mustTakeAll(argument: string, addresses: readonly string[], host: Snapshot): void {
  for (const [at, each] of addresses.entries()) mustTakeIp6(`${argument}[${at}]`, each, host);
}

/** A link is there, and is a bridge. */
export function mustBeBridge(name: string, host: Snapshot): void {
  const link = host.links.get(name);
  mustBeFirstName(name, "bridge", host);
  if (!link) throw new Refusal("bridge", `there is no bridge ${name}: declare it, or depend on what makes it`);
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
