import type { Definition } from "../definition.js";
import { FAMILIES, type Family, FORWARDING, familyOf, unsingle } from "../kernel/family.js";
import { inOrderOf } from "../kernel/in-order.js";
import { plainName, type Rule, tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import { inSequence } from "../kernel/sequence.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { interfaceMisfits } from "../kernel/special-addresses.js";
import type { Need } from "../kernel/unreadable.js";
import { noteOf } from "../ownership/comment.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, isOf } from "../ownership/mark.js";
import { withMarks } from "../ownership/marks.js";
import type { Place } from "../ownership/origin.js";
import { refusedBy } from "../ownership/refuse.js";
import { mustLeaveNoneBehind } from "../ownership/variants.js";
import { masqueradeSettled } from "../services/unsettled.js";
import { linkAsFound } from "./as-found.js";
import { type BridgeArgs, type BridgeState, bridgeArgs, bridgeState, forwarded } from "./bridge-args.js";
import { bridgeDeclares, bridgeUnfit } from "./bridge-fits.js";
import { bridgeKind } from "./bridge-kind.js";
import {
  bridgeRules,
  forwardingOrigin,
  forwardRemoval,
  forwardSteps,
  isForwarded,
  masqueradeAsFound,
  masqueradeRemoval,
  masqueradeSteps,
  unmarkedTwins,
} from "./forwarding.js";
import { mustCarryNoOthers } from "./hangers.js";
import { ipForwardOutputs, ipForwardRemoval, ipForwardStays, ipForwardSteps, noteIpForward } from "./ip-forward.js";
import { findLink, observeLink, ownLink, ownLinkSteps, removeLink } from "./own-link.js";
import { derivedFor, macOf, undeclaredMac } from "./own-mac.js";

/**
 * What its rules are told by: those that let through name it, those that masquerade name a network.
 * Where its state is lost, nobody knows in which tables it had some.
 */
function needs(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): Need[] {
  const isLost = context.previous === undefined && hasTraces(desired, host, context);
  const isWide = (cidr: string) => cidr.endsWith("/0");
  const networks = (family: Family) =>
    masqueraded(desired, family).flatMap((cidr) => (isWide(cidr) ? ["masquerade"] : unsingle(cidr)));
  return FAMILIES.flatMap((family) => [
    ...(isLost || forwarded(desired).includes(family)
      ? [{ of: tableOf(family, "filter"), words: [desired.name] }]
      : []),
    ...(isLost || masqueraded(desired, family).length > 0
      ? [{ of: tableOf(family, "nat"), words: networks(family) }]
      : []),
  ]);
}

/** Is there a link or a rule with its mark? */
const hasTraces = (desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): boolean =>
  isThere(desired, host, context) ||
  FAMILIES.some((family) => bridgeRules(family, desired.name, host, context).length > 0);

const isThere = (desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): boolean =>
  belongsTo(findLink(linkOf(desired, host, context), host, context)?.alias, context) === "ours";

const masqueraded = ({ masquerade }: BridgeArgs, family: Family) =>
  masquerade.filter((each) => familyOf(each) === family);

const linkOf = (desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>) => ({
  name: desired.name,
  kind: bridgeKind,
  macAddress: macOf(desired, host, context),
});

/**
 * Throws a Refusal where rules of its resource are in the other variant of iptables. Rules of
 * others may let packets through and masquerade too.
 */
function mustBeInOneVariant({ name }: BridgeArgs, host: Snapshot, context: Context<BridgeState>): void {
  for (const [argument, kind] of [
    ["forward", "filter"],
    ["masquerade", "nat"],
  ] as const) {
    const rule = (rule: Rule, { table }: Place) => plainName(table) === kind && isOf(noteOf(rule)?.mark, context);
    mustLeaveNoneBehind({ what: `a rule of bridge ${name}`, argument, rule }, host, context);
  }
}

function plan(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): Step[] {
  const { name } = desired;
  mustBeInOneVariant(desired, host, context);
  const link = linkOf(desired, host, context);
  const wish = { ...link, mtu: desired.mtu, options: desired };
  const steps = ownLinkSteps(wish, desired, observeLink(link, host, context), context);
  const families = forwarded(desired);
  for (const family of FAMILIES) {
    const on = families.includes(family);
    const noted = noteIpForward(family, host, context);
    steps.push(...(on ? ipForwardSteps(family, host) : ipForwardRemoval(family, name, host, context)));
    steps.push(...(on ? forwardSteps(family, name, host, noted) : forwardRemoval(family, name, host, context)));
  }
  const masquerade = FAMILIES.flatMap((family) =>
    masqueradeSteps(family, name, masqueraded(desired, family), host, context),
  );
  const all = [...steps, ...withHairpin(masquerade, host, context)];
  const rulesIn = (now: Snapshot) => ({ own: FAMILIES.flatMap((family) => bridgeRules(family, name, now, context)) });
  return withMarks(all, rulesIn, host, context);
}

/**
 * An endpoint that asks its own service needs a rule of its own, unless something else masquerades
 * that.
 */
function withHairpin(masquerade: Step[], host: Snapshot, context: Context<BridgeState>): Step[] {
  const why = masquerade[0]?.why;
  if (why === undefined) return [];
  return inSequence(host, [() => masquerade, (now) => masqueradeSettled(now, context, why)]);
}

function remove(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): Step[] {
  const { name } = desired;
  mustBeInOneVariant(desired, host, context);
  mustBeUnused(desired, host, context);
  return [
    ...withHairpin(
      FAMILIES.flatMap((family) => masqueradeRemoval(family, name, host, context)),
      host,
      context,
    ),
    ...FAMILIES.flatMap((family) => [
      ...forwardRemoval(family, name, host, context),
      ...ipForwardRemoval(family, name, host, context),
    ]),
    ...removeLink(ownName(desired, host, context), host, context),
  ];
}

const ownName = ({ name }: BridgeArgs, host: Snapshot, context: Context<BridgeState>) => ({
  name,
  kind: bridgeKind,
  macAddress: derivedFor(name, host, context),
});

/** Throws a Refusal where links of others are on it. */
function mustBeUnused(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): void {
  const link = ownLink(ownName(desired, host, context), host, context);
  if (link) mustCarryNoOthers(link, host, context);
}

function asFound(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>): BridgeArgs {
  const link = host.links.get(desired.name);
  if (link?.kind !== "bridge") return desired;
  return {
    ...desired,
    ...linkAsFound(bridgeKind, desired, link),
    ...(undeclaredMac(desired, host, context).length > 0 && { macAddress: desired.macAddress }),
    promiscuous: link.promiscuous,
    ...rulesAsFound(desired, host, context),
  };
}

/** Where some of what forwards is there, the rest is drift. */
function rulesAsFound(desired: BridgeArgs, host: Snapshot, context: Context<BridgeState>) {
  const { name, masquerade } = desired;
  const found = FAMILIES.flatMap((family) => masqueradeAsFound(family, name, host, context));
  return {
    forward: FAMILIES.some((family) => isForwarded(family, name, host, context)),
    masquerade: inOrderOf(masquerade, found),
  };
}

export const bridge: Definition<BridgeArgs, BridgeState> = {
  kind: "Bridge",
  schema: bridgeArgs,
  state: bridgeState,
  id: ({ name }) => name,
  misfits: ({ addresses }) => interfaceMisfits("addresses", addresses),
  claims: ({ name }) => [{ property: "name", claim: `interface ${name}` }],
  declares: bridgeDeclares,
  scope: (desired) => ({
    links: [desired.name],
    // A route that a router advertises hinders forwarding.
    routes: forwarded(desired).includes("ip6"),
    firewall: true,
    ip6: forwarded(desired).includes("ip6") || masqueraded(desired, "ip6").length > 0,
    sysctls: Object.values(FORWARDING),
  }),
  needs,
  plan,
  remove,
  leaves: (desired, host, context) =>
    FAMILIES.flatMap((family) => [
      ...unmarkedTwins(family, desired.name, masqueraded(desired, family), host).map(
        (rule) => `left in place, for it bears nobody's mark: ${rule}`,
      ),
      ...ipForwardStays(family, desired.name, host, context),
    ]),
  refuse: mustBeInOneVariant,
  strangers: (desired, host, context) => refusedBy(() => observeLink(linkOf(desired, host, context), host, context)),
  mustBeUnused,
  unfit: bridgeUnfit,
  marks: (desired, host, context) => [findLink(linkOf(desired, host, context), host, context)?.alias ?? []].flat(),
  exists: isThere,
  observe: asFound,
  derived: undeclaredMac,
  outputs: (desired, host, context) => ({
    macAddress: macOf(desired, host, context),
    ...forwardingOrigin(
      forwarded(desired),
      FAMILIES.filter((family) => masqueraded(desired, family).length > 0),
      host,
      context,
    ),
    ...ipForwardOutputs(forwarded(desired), host, context),
  }),
  immutable: ["name"],
};
