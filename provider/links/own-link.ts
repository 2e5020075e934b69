import { drift } from "../kernel/drift.js";
import type { IpStep, NewLink, Step } from "../kernel/plan.js";
import type { Link, NetView } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { isOf, wantedAlias } from "../ownership/mark.js";
import { mustBeOurs } from "../ownership/refuse.js";
import { type AnyKind, type LinkKind, newOptions, optionChanges } from "./kind.js";
import { linkSteps, settingStep, wishedMtu } from "./link-steps.js";
import { mustBeFreeName } from "./names.js";

/** Which link is a resource's. */
interface Identity {
  kind: AnyKind;
  name: string;
  /** None where it is another link's. */
  macAddress?: string;
  /** Another link with the same mark: a pair has two ends. */
  other?: string;
}

/** A link that a resource has made, or is to make. */
export interface OwnLink<Options = object> extends Identity {
  kind: LinkKind<Options>;
  /** The link that it is on top of, for kinds that need one. */
  parent?: string;
  mtu?: number;
  options: Options;
}

/** What the state file has of a link. */
type FormerLink = Noted & { name: string };

/** The link of its name; else one that bears its mark, which somebody has renamed. */
export function findLink(
  { name, kind, macAddress, other }: Identity,
  view: NetView,
  context: Context<FormerLink>,
): Link | undefined {
  const named = view.links.get(name);
  // In the state it has another name, or none: then this one is still to be made.
  if (named || context.previous?.name !== name) return named;
  const marked = [...view.links.values()].filter(
    (link) => link.kind === kind.name && link.name !== other && isOf(link.alias, context),
  );
  return marked.find((link) => link.macAddress === macAddress) ?? marked[0];
}

/** The same. Throws a Refusal where it is not ours. */
export function observeLink(wish: Identity, view: NetView, context: Context<FormerLink>): Link | undefined {
  const link = findLink(wish, view, context);
  // A killed run can leave one that got no mark yet; nobody else gives an interface this address.
  const leftover = link?.alias === undefined && link?.macAddress === wish.macAddress && link?.kind === wish.kind.name;
  if (link && !leftover) mustBeOurs(`interface ${link.name}`, link.alias, context);
  if (!link) mustBeFreeName(wish.name, "name", view);
  return link;
}

/** What has to be done for a link to be there, of its kind, with the settings of its kind. */
export interface LinkPlan {
  steps: Step[];
  /** The link as the rest of the plan finds it; none where it is made. */
  now?: Link;
  /** Why it is made, for all the steps that come with it. */
  missing: string;
}

export function linkPlan<O extends object>(wish: OwnLink<O>, found: Link | undefined): LinkPlan {
  const { name, kind, mtu } = wish;
  const misfit = found && misfitOf(wish, found);
  const missing = misfit ?? drift("name", undefined, name);
  if (found && misfit === undefined) {
    const changes = optionChanges(kind, wish.options, found.options);
    const renaming = found.name === name ? [] : [renameStep(found.name, name)];
    const settings = changes.map(({ set, before, why }) => settingStep({ name }, set, before, why));
    return { steps: [...renaming, ...settings], now: { ...found, name }, missing };
  }
  const steps: Step[] = found ? [linkRemoval(found.name, undefined, missing)] : [];
  steps.push(addStep(wish, missing));
  // Given to `link add` it would be gone with the next port: a bridge takes its ports' MTU.
  if (mtu !== undefined) steps.push(settingStep({ name }, { mtu }, undefined, missing));
  return { steps, missing };
}

/** What is declared of a link besides that it is there. */
interface Declared {
  addresses?: string[];
  promiscuous?: boolean;
}

/**
 * The steps to a link as it is declared. Without `addresses` those that are there stay, but for
 * those that were declared before. `initialMtu` is what the kernel makes such a link with.
 */
export function ownLinkSteps<O extends object>(
  wish: OwnLink<O>,
  { addresses, promiscuous }: Declared,
  found: Link | undefined,
  context: Context<Noted & { addresses?: string[] | null; mtu?: number }>,
  initialMtu?: number,
): Step[] {
  const { steps, now, missing } = linkPlan(wish, found);
  const former = context.previous?.addresses;
  const settings = linkSteps(
    {
      name: wish.name,
      mtu: wishedMtu(wish.mtu, context, initialMtu),
      promiscuous,
      addresses: addresses ?? (former ? [] : undefined),
      formerAddresses: former,
      mark: wantedAlias(now?.alias, context),
      macAddress: wish.macAddress,
    },
    now,
    missing,
  );
  return [...steps, ...settings];
}

/** Why what is there has to be made again; undefined when it hasn't. */
function misfitOf<O extends object>({ kind, name, parent, options }: OwnLink<O>, found: Link): string | undefined {
  if (found.kind !== kind.name) return drift("name", `a ${found.kind} link`, `${kind.name} ${name}`);
  if (found.parent !== parent) return drift("link", found.parent, parent);
  return optionChanges(kind, options, found.options).find(({ isFixed }) => isFixed)?.why;
}

const addStep = <O extends object>({ kind, name, macAddress, parent, options }: OwnLink<O>, why: string): IpStep => ({
  do: "link.add",
  name,
  macAddress,
  parent,
  kind: kind.name,
  options: newOptions(kind, options),
  undo: { do: "link.delete", name },
  why,
});

/** A veth pair: both ends in one step. */
export const addPair = (end: NewLink, peer: NewLink & { namespace?: string }, why: string): IpStep => ({
  do: "link.add",
  ...end,
  kind: "veth",
  peer,
  undo: { do: "link.delete", name: end.name },
  why,
});

/** All that hangs on a link stays as it is: ports, addresses, routes. */
export const renameStep = (found: string, name: string): IpStep => ({
  do: "link.set",
  name: found,
  set: { name },
  undo: { do: "link.set", name, set: { name: found } },
  why: drift("name", found, name),
});

export const linkRemoval = (name: string, namespace: string | undefined, why: string): IpStep => ({
  do: "link.delete",
  namespace,
  name,
  why,
});

/** By what a link is known that is to go. */
type OwnName = { name: string; kind: AnyKind } & ({ macAddress: string } | { parent: string });

/**
 * Takes a link away that bears this resource's own mark, under whichever name. While a resource is
 * replaced two links bear its mark, and maybe one MAC address that the program has chosen. So one
 * of another name goes only if it has the address that is derived from the name, or the link below
 * that it alone can have.
 */
export function removeLink(wish: OwnName, view: NetView, context: Context): Step[] {
  const found = ownLink(wish, view, context);
  return found ? [linkRemoval(found.name, undefined, drift("name", found.name, undefined))] : [];
}

/** The link that a removal takes away. */
export function ownLink({ name, kind, ...told }: OwnName, view: NetView, context: Context): Link | undefined {
  const isOwn = (link: Link) => link.kind === kind.name && isOf(link.alias, context);
  const isTold = (link: Link) => ("parent" in told ? link.parent === told.parent : link.macAddress === told.macAddress);
  const named = view.links.get(name);
  return named && isOwn(named) ? named : [...view.links.values()].find((link) => isOwn(link) && isTold(link));
}
