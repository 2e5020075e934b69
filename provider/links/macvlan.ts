import type { Definition } from "../definition.js";
import { Prerequisite, Refusal } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import type { Link, Snapshot } from "../kernel/snapshot.js";
import { interfaceMisfits } from "../kernel/special-addresses.js";
import type { Context } from "../ownership/context.js";
import { belongsTo } from "../ownership/mark.js";
import { refusedBy } from "../ownership/refuse.js";
import { linkAsFound } from "./as-found.js";
import { newAddressChecks } from "./fits.js";
import { choice, type LinkKind } from "./kind.js";
import { type MacvlanArgs, type MacvlanState, macvlanArgs, macvlanState } from "./macvlan-args.js";
import { mustBeFirstName } from "./names.js";
import { findLink, observeLink, ownLinkSteps, removeLink } from "./own-link.js";
import { derivedFor, macOf, undeclaredMac } from "./own-mac.js";

type Desired = MacvlanArgs;

export const macvlanKind: LinkKind<Pick<Desired, "mode">> = {
  name: "macvlan",
  built: { module: "macvlan", option: "CONFIG_MACVLAN" },
  settings: { mode: choice<Desired["mode"]>("mode", "vepa", (...modes) => modes.includes("passthru")) },
  refused: {
    invalid:
      "the kernel puts a macvlan on an Ethernet link only, none beside one in mode passthru, and one in mode passthru beside none: name another link, or another mode",
  },
};

/** One in mode passthru has all of its link, the MAC address too. */
const isPassthru = ({ mode }: Pick<Desired, "mode">): boolean => mode === "passthru";

const linkOf = (desired: Desired, host: Snapshot, context: Context<MacvlanState>) => ({
  name: desired.name,
  kind: macvlanKind,
  macAddress: isPassthru(desired) ? undefined : macOf(desired, host, context),
});

/**
 * The link that it is to be on. Throws a Refusal where the kernel would not put it there so. `own`
 * is what is there of it, under whichever name.
 */
function linkBelow({ name, link, mtu, macAddress }: Desired, host: Snapshot, own?: Link): Link {
  mustBeFirstName(link, "link", host);
  const below = host.links.get(link);
  if (!below)
    throw new Prerequisite("link", `there is no interface ${link}: declare it, or depend on what makes it`, {
      what: `interface ${link}`,
      claim: `interface ${link}`,
    });
  if (below.kind === macvlanKind.name)
    throw new Refusal(
      "link",
      `${link} is a macvlan, and the kernel puts one on a macvlan beside it: name ${below.parent ?? `what ${link} is on`}`,
    );
  // A VRF leaves its members what they receive.
  if (below.master !== undefined && below.portOf !== "vrf")
    throw new Refusal(
      "link",
      `${link} is a port of ${below.master}, which gets all that it receives: name ${below.master}, or a link that is no port`,
    );
  if (mtu !== undefined && mtu > below.mtu)
    throw new Refusal(
      "mtu",
      `${mtu} is more than the ${below.mtu} of ${link}: write ${below.mtu} or less, or raise that of ${link} first`,
    );
  if (below.type !== undefined && below.type !== "ether")
    throw new Refusal(
      "link",
      `"${link}" is of type ${below.type}, and the kernel puts a macvlan on an Ethernet link only: name one`,
    );
  const twin = [...host.links.values()].find(
    (each) =>
      each !== own && each.name !== name && each.parent === link && each.macAddress === macAddress?.toLowerCase(),
  );
  if (twin)
    throw new Refusal(
      "macAddress",
      `${macAddress} is that of ${twin.name}, on ${link} too: choose another, or leave it out`,
    );
  if (macAddress?.toLowerCase() === below.macAddress)
    throw new Refusal("macAddress", `${macAddress} is that of ${link}: choose another, or leave it out`);
  return below;
}

/** What the host as it is wouldn't take of it. */
function unfit(desired: Desired, host: Snapshot, context: Context<MacvlanState>): Refusal[] {
  const { link } = desired;
  const below = host.links.get(link);
  // One of this stack may be made otherwise before.
  const isKnown = below && belongsTo(below.alias, context) !== "ours";
  return refusedBy(
    () => mustBeFirstName(link, "link", host),
    () => isKnown && linkBelow(desired, host, findLink(linkOf(desired, host, context), host, context)),
    ...newAddressChecks(desired, host, context),
  );
}

function plan(desired: Desired, host: Snapshot, context: Context<MacvlanState>): Step[] {
  const link = linkOf(desired, host, context);
  const found = observeLink(link, host, context);
  const below = linkBelow(desired, host, found);
  const wish = { ...link, parent: desired.link, mtu: desired.mtu, options: desired };
  return ownLinkSteps(wish, desired, found, context, below.mtu);
}

function remove(desired: Desired, host: Snapshot, context: Context<MacvlanState>): Step[] {
  const { name, link } = desired;
  const told = isPassthru(desired) ? { parent: link } : { macAddress: derivedFor(name, host, context) };
  return removeLink({ name, kind: macvlanKind, ...told }, host, context);
}

/** On another link it would be another one: that stays drift. */
function asFound(desired: Desired, host: Snapshot, context: Context<MacvlanState>): Desired {
  const found = host.links.get(desired.name);
  if (found?.kind !== macvlanKind.name) return desired;
  const isUndeclared = isPassthru(desired) || undeclaredMac(desired, host, context).length > 0;
  return {
    ...desired,
    ...linkAsFound(macvlanKind, desired, found),
    ...(isUndeclared && { macAddress: desired.macAddress }),
  };
}

const markOf = (desired: Desired, host: Snapshot, context: Context<MacvlanState>) =>
  findLink(linkOf(desired, host, context), host, context)?.alias;

/** Which of the two there is on a link, as resources of a program tell each other. */
const WHOLE = "passthru on";
const SHARED = "macvlan on";

export const macvlan: Definition<Desired, MacvlanState> = {
  kind: "Macvlan",
  schema: macvlanArgs,
  state: macvlanState,
  id: ({ name }) => name,
  misfits: ({ addresses }) => interfaceMisfits("addresses", addresses),
  claims: ({ name, link, mode, macAddress }) => [
    { property: "name", claim: `interface ${name}` },
    // The kernel has neither twice, so what is replaced goes before what replaces it.
    ...(isPassthru({ mode }) ? [{ property: "link", claim: `all of interface ${link}` }] : []),
    ...(macAddress === undefined
      ? []
      : [{ property: "macAddress", claim: `MAC address ${macAddress.toLowerCase()} on interface ${link}` }]),
  ],
  declares: ({ name, link, mode }) => ({ [`${isPassthru({ mode }) ? WHOLE : SHARED} ${link}`]: name }),
  disagrees({ name, link, mode }, declared): Record<string, string> {
    const other = declared(`${isPassthru({ mode }) ? SHARED : WHOLE} ${link}`);
    if (other === undefined || other === name) return {};
    const why = isPassthru({ mode })
      ? `takes all of ${link}, and ${other} is on it`
      : `needs a part of ${link}, and ${other} takes all of it`;
    return { mode: `${mode} ${why}: give one of the two another link or mode` };
  },
  scope: ({ name, link }) => ({ links: [name, link] }),
  plan,
  remove,
  strangers: (desired, host, context) => refusedBy(() => observeLink(linkOf(desired, host, context), host, context)),
  unfit,
  removalSees: { first: ({ name }) => ({ links: [name], renamed: true }) },
  marks: (...of) => [markOf(...of) ?? []].flat(),
  exists: (...of) => belongsTo(markOf(...of), of[2]) === "ours",
  observe: asFound,
  derived: undeclaredMac,
  outputs: (desired, host, context) => (isPassthru(desired) ? {} : { macAddress: macOf(desired, host, context) }),
  immutable: ["name", "link"],
  mustReplace: ({ mode: before }, { mode: now }) =>
    before !== now && [before, now].includes("passthru") ? ["mode"] : [],
};
