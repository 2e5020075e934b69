import { drift } from "../kernel/drift.js";
import { Prerequisite, type Refusal } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import type { Link, NetView, Snapshot } from "../kernel/snapshot.js";
import { arePair } from "../kernel/veth-ends.js";
import type { Context } from "../ownership/context.js";
import { mustBeOurs, refusedBy } from "../ownership/refuse.js";
import { noNamespace } from "./dead-name.js";
import { mustBeBridge } from "./fits.js";
import type { LinkKind } from "./kind.js";
import { findLink, linkRemoval } from "./own-link.js";
import { derivedFor } from "./own-mac.js";
import { mustTakeNoRoute, type RoutesWish } from "./route-steps.js";
import type { VethArgs, VethState } from "./veth-args.js";
import { mustHaveFreeNames, viewOfPeer } from "./veth-fits.js";

export const vethKind: LinkKind = {
  name: "veth",
  built: { module: "veth", option: "CONFIG_VETH" },
  settings: {},
};

interface Observed {
  /** The ends, when they are there and are a pair. */
  host?: Link;
  peer?: Link;
  /** What stands in the way of the pair and is ours to remove. */
  stale: Step[];
  /** The peer's namespace as it is without that. */
  inside: NetView;
}

/** Throws a Refusal when an end is not ours, or when the namespace or the bridge is missing. */
export function observePair(desired: VethArgs, host: Snapshot, context: Context<VethState>): Observed {
  const inside = viewOfPeer(desired, host);
  if (!inside) throw missingNamespace(desired.peer.namespace!, host);
  if (desired.bridge !== undefined) mustBeBridge(desired.bridge, host);
  mustHaveFreeNames(desired, host);
  for (const end of endsOf(desired, host, context)) mustBeOurEnd(end, context);
  const ends = { host: hostEnd(desired, host, context), peer: inside.links.get(desired.peer.name) };
  if (ends.host && ends.peer && arePair(ends.host, ends.peer)) return { ...ends, stale: [], inside };
  const { name, peer } = desired;
  const partner = ends.host && [...inside.links.values()].find((link) => arePair(ends.host!, link));
  const found = ends.peer ? `${peer.name}, no end of ${name}` : partner?.name;
  const why = ends.host ? drift("peer.name", found, peer.name) : drift("name", undefined, name);
  const stale: Step[] = [];
  if (ends.host) stale.push(linkRemoval(ends.host.name, undefined, why));
  if (ends.peer) stale.push(linkRemoval(peer.name, peer.namespace, why));
  const leaving = [peer.name, partner?.name];
  return { stale, inside: { ...inside, routes: inside.routes.filter(({ dev }) => !leaving.includes(dev)) } };
}

function missingNamespace(namespace: string, host: Snapshot): Prerequisite {
  const what = `network namespace ${namespace}`;
  return new Prerequisite("peer.namespace", noNamespace(namespace, host), { what, claim: what });
}

/** An end that may be there, with the MAC address that it is to have, and its argument. */
interface End {
  link: Link | undefined;
  mac: string;
  argument: string;
}

function endsOf(desired: VethArgs, host: Snapshot, context: Context<VethState>): [End, End] {
  const macs = macsOf(desired, host, context);
  const peer = viewOfPeer(desired, host)?.links.get(desired.peer.name);
  return [
    { link: hostEnd(desired, host, context), mac: macs.host, argument: "name" },
    { link: peer, mac: macs.peer, argument: "peer.name" },
  ];
}

function mustBeOurEnd({ link, mac, argument }: End, context: Context<VethState>): void {
  // A killed run can leave ends without a mark; nobody else gives an interface this address.
  if (!link || (link.alias === undefined && link.macAddress === mac)) return;
  mustBeOurs(`interface ${link.name}`, link.alias, context, argument);
}

/** The end on the host, under whichever name. */
export function hostEnd(desired: VethArgs, host: Snapshot, context: Context<VethState>): Link | undefined {
  const { name, peer } = desired;
  const macAddress = macsOf(desired, host, context).host;
  const other = peer.namespace === undefined ? peer.name : undefined;
  return findLink({ name, kind: vethKind, macAddress, other }, host, context);
}

export const derived = ({ name }: VethArgs, end: string, host: Snapshot, context: Context<VethState>) =>
  derivedFor(name, host, context, end);

export function macsOf(desired: VethArgs, host: Snapshot, context: Context<VethState>): { host: string; peer: string } {
  const { macAddress: before, peerMacAddress: peerBefore } = context.previous ?? {};
  const mac = (end: string) => derived(desired, end, host, context);
  return {
    host: (desired.macAddress ?? before ?? mac("host")).toLowerCase(),
    peer: (desired.peer.macAddress ?? peerBefore ?? mac("peer")).toLowerCase(),
  };
}

/** The routes over its peer. */
export const peerRoutes = ({ peer: { gateway: gateways, routes, namespace, name } }: VethArgs): RoutesWish => ({
  gateways,
  routes,
  device: name,
  namespace,
});

/** What stands where its ends and its routes are to be, and is not ours. */
export function vethStrangers(desired: VethArgs, host: Snapshot, context: Context<VethState>): Refusal[] {
  const ends = endsOf(desired, host, context);
  const [end, peer] = ends.map(({ link }) => link);
  const inside = viewOfPeer(desired, host);
  // With an end that is made anew its routes go.
  const stays = (end && peer && arePair(end, peer)) === true;
  const routes = inside?.routes.filter(({ dev }) => stays || dev !== desired.peer.name);
  return refusedBy(
    ...ends.map((each) => () => mustBeOurEnd(each, context)),
    () => inside && mustTakeNoRoute(peerRoutes(desired), { ...inside, routes: routes! }),
  );
}
