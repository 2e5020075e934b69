import type { Definition } from "../definition.js";
import { drift } from "../kernel/drift.js";
import type { IpStep, LinkSettings, Step } from "../kernel/plan.js";
import type { Link, Snapshot } from "../kernel/snapshot.js";
import { arePair } from "../kernel/veth-ends.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, isOf, wantedAlias } from "../ownership/mark.js";
import { addressesAsFound, optionsAsFound, routesAsFound } from "./as-found.js";
import { bridgePort } from "./bridge-kind.js";
import { interfaceSysctlSteps } from "./interface-sysctls.js";
import { optionChanges } from "./kind.js";
import { linkSteps, settingStep, wishedMtu } from "./link-steps.js";
import { addPair, linkRemoval, removeLink, renameStep } from "./own-link.js";
import { routeSteps } from "./route-steps.js";
import { type VethArgs, type VethState, vethArgs, vethMisfits, vethState } from "./veth-args.js";
import { portClaim, vethDisagrees, vethUnfit, viewOfPeer } from "./veth-fits.js";
import { derived, hostEnd, macsOf, observePair, peerRoutes, vethKind, vethStrangers } from "./veth-observe.js";

type Desired = VethArgs;

function plan(desired: Desired, host: Snapshot, context: Context<VethState>): Step[] {
  const { name, bridge, peer } = desired;
  const now = observePair(desired, host, context);
  const macs = macsOf(desired, host, context);
  const steps: Step[] = [...now.stale];
  const missing = now.stale[0]?.why ?? drift("name", undefined, name);
  if (!now.host) {
    const { mtu } = desired;
    const other = { name: peer.name, namespace: peer.namespace, macAddress: macs.peer, mtu };
    steps.push(addPair({ name, macAddress: macs.host, mtu }, other, missing));
  }
  if (now.host && now.host.name !== name) steps.push(renameStep(now.host.name, name));
  steps.push(...portSteps(desired, now.host, missing));
  steps.push(
    ...linkSteps(
      {
        name,
        mark: wantedAlias(now.host?.alias, context),
        macAddress: macs.host,
        mtu: wishedMtu(desired.mtu, context),
        addresses: bridge ? undefined : desired.addresses,
        formerAddresses: context.previous?.addresses,
      },
      now.host,
      missing,
    ),
  );
  const end = {
    name: peer.name,
    namespace: peer.namespace,
    mark: wantedAlias(now.peer?.alias, context),
    macAddress: macs.peer,
    mtu: wishedMtu(desired.mtu, context),
    addresses: peer.addresses,
    formerAddresses: context.previous?.peer.addresses,
  };
  const ends = linkSteps(end, now.peer, missing, "peer.");
  const laid = routeSteps(peerRoutes(desired), now.inside, ends, now.peer ? undefined : missing);
  // A route that is to go goes first: the kernel takes it with its address, and then none is left.
  const isGoing = (step: IpStep) => step.do === "route.delete";
  const sysctls = now.peer ? [] : interfaceSysctlSteps(peer.namespace, peer.name, context, missing);
  return [...steps, ...laid.filter(isGoing), ...ends, ...laid.filter((step) => !isGoing(step)), ...sysctls];
}

/** Being a port comes before being up, so that no frame leaves the end by itself. */
function portSteps({ name, bridge, hairpin = true }: Desired, now: Link | undefined, missing: string): Step[] {
  const set = (to: LinkSettings, before: LinkSettings, why: string): Step =>
    settingStep({ name }, to, now && before, now ? why : missing);
  const wrongBridge = drift("bridge", now?.master, bridge);
  const before = { master: now?.master ?? null };
  if (bridge === undefined) return now?.master ? [set({ master: null }, before, wrongBridge)] : [];
  const moved = now?.master !== bridge;
  const steps = moved ? [set({ master: bridge }, before, wrongBridge)] : [];
  // A new port begins without hairpin
  for (const change of optionChanges(bridgePort, { hairpin }, moved ? {} : now?.port))
    steps.push(set(change.set, change.before, moved ? wrongBridge : change.why));
  return steps;
}

function remove(desired: Desired, host: Snapshot, context: Context<VethState>): Step[] {
  // One of its own name that is no veth any more is a resource of another type that has taken its
  // place.
  const ours = (link: Link | undefined) => link?.kind === "veth" && isOf(link.alias, context);
  const inside = viewOfPeer(desired, host)?.links.get(desired.peer.name);
  const macAddress = derived(desired, "host", host, context);
  const atHost = removeLink({ name: desired.name, kind: vethKind, macAddress }, host, context);
  // One end takes the other with it, even where a program still holds the namespace of the other.
  if (atHost.length > 0) return atHost;
  return ours(inside)
    ? [linkRemoval(desired.peer.name, desired.peer.namespace, drift("peer.name", desired.peer.name, undefined))]
    : [];
}

function asFound(desired: Desired, host: Snapshot, context: Context<VethState>): Desired {
  const inside = viewOfPeer(desired, host);
  const ends = { host: host.links.get(desired.name), peer: inside?.links.get(desired.peer.name) };
  if (!inside || !ends.host || !ends.peer || !arePair(ends.host, ends.peer)) return desired;
  const { peer, mtu } = desired;
  return {
    ...desired,
    ...portAsFound(desired, ends.host),
    mtu: mtu && (ends.host.mtu === mtu ? ends.peer.mtu : ends.host.mtu),
    macAddress: undeclared(desired, host, context).length > 0 ? desired.macAddress : ends.host.macAddress,
    peer: {
      ...peer,
      addresses: addressesAsFound(peer.addresses, ends.peer),
      ...routesAsFound(peer, peer.name, inside),
      macAddress: peer.macAddress && ends.peer.macAddress,
    },
  };
}

/** The addresses of a port are not looked at. */
function portAsFound(desired: Desired, link: Link): Partial<Desired> {
  const { master } = link;
  if (master === undefined)
    return {
      bridge: undefined,
      hairpin: undefined,
      addresses: desired.bridge === undefined ? addressesAsFound(desired.addresses, link) : [],
    };
  const { hairpin } = optionsAsFound(bridgePort, link.port);
  const isRight = hairpin === (desired.hairpin ?? true);
  return { bridge: master, hairpin: isRight ? desired.hairpin : hairpin, addresses: [] };
}

/** The outputs have a MAC address in any case. */
const undeclared = (desired: Desired, host: Snapshot, context: Context<VethState>): string[] =>
  desired.macAddress === derived(desired, "host", host, context) ? ["macAddress"] : [];

export const vethPair: Definition<Desired, VethState> = {
  kind: "VethPair",
  schema: vethArgs,
  state: vethState,
  id: ({ name }) => name,
  misfits: vethMisfits,
  claims: ({ name, bridge, peer }) => [
    ...portClaim(bridge),
    { property: "name", claim: `interface ${name}` },
    {
      property: "peer.name",
      claim: peer.namespace === undefined ? `interface ${peer.name}` : `interface ${peer.name} in ${peer.namespace}`,
    },
  ],
  disagrees: vethDisagrees,
  scope: ({ name, bridge, peer }) => ({
    links: [name, ...(bridge ? [bridge] : []), ...(peer.namespace ? [] : [peer.name])],
    namespaces: peer.namespace ? [peer.namespace] : [],
    routes: peer.namespace === undefined,
  }),
  plan,
  remove,
  strangers: vethStrangers,
  unfit: vethUnfit,
  removalSees: {
    first: ({ name, peer }) => ({ links: [name, ...(peer.namespace ? [] : [peer.name])], renamed: true }),
    // Somebody may have moved the host's end.
    more: ({ name, peer }, host, context) =>
      isOf(host.links.get(name)?.alias, context) || !peer.namespace ? {} : { namespaces: [peer.namespace] },
  },
  marks: (desired, host, context) =>
    [hostEnd(desired, host, context), viewOfPeer(desired, host)?.links.get(desired.peer.name)].flatMap(
      (link) => link?.alias ?? [],
    ),
  exists: (desired, host, context) => belongsTo(hostEnd(desired, host, context)?.alias, context) === "ours",
  observe: asFound,
  derived: undeclared,
  outputs: (desired, host, context) => {
    const macs = macsOf(desired, host, context);
    return { macAddress: macs.host, peerMacAddress: macs.peer };
  },
  last: true,
  immutable: ["name"],
};
