import { canonical, isLinkLocal } from "../kernel/address.js";
import { drift } from "../kernel/drift.js";
import type { IpStep, LinkSettings } from "../kernel/plan.js";
import type { Link } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";

/** What is wished of an interface of any kind. */
export interface LinkWish {
  name: string;
  namespace?: string;
  mark: string;
  /** None where it is another link's. */
  macAddress?: string;
  mtu?: number;
  promiscuous?: boolean;
  /**
   * Exactly these, when given. The kernel sets link-local ones too, so of those only
   * `formerAddresses` that are no longer wished go.
   */
  addresses?: string[];
  formerAddresses?: string[] | null;
}

/** What Ethernet-like links are made with. */
const DEFAULT_MTU = 1500;

/**
 * The MTU to set: the declared one, or where one was declared before, what the kernel makes such a
 * link with. Else it stays as it is.
 */
export function wishedMtu(
  given: number | undefined,
  { previous }: Context<Noted & { mtu?: number }>,
  initial = DEFAULT_MTU,
): number | undefined {
  return given ?? (previous?.mtu === undefined ? undefined : initial);
}

/**
 * The steps that lead an interface from what it is to what it should be. One that was just added is
 * taken as bare, and `missing` is why it was added. `prefix` comes before the names of its own
 * arguments ("peer."). The MTU is one for both ends of a pair.
 */
export function linkSteps(wish: LinkWish, now: Link | undefined, missing: string, prefix = ""): IpStep[] {
  const steps: IpStep[] = [];
  const set = (why: string, to: LinkSettings, before?: LinkSettings) =>
    steps.push(settingStep(wish, to, now && before, now ? why : missing));

  if (now?.alias !== wish.mark)
    set(
      drift(`mark of ${wish.name}`, now?.alias, wish.mark),
      { alias: wish.mark },
      now?.alias ? { alias: now.alias } : undefined,
    );
  if (now && wish.macAddress !== undefined && now.macAddress !== wish.macAddress)
    set(
      drift(`${prefix}macAddress`, now.macAddress, wish.macAddress),
      { macAddress: wish.macAddress },
      { macAddress: now.macAddress },
    );
  if (now && wish.mtu !== undefined && now.mtu !== wish.mtu)
    set(drift("mtu", now.mtu, wish.mtu), { mtu: wish.mtu }, { mtu: now.mtu });
  if (wish.promiscuous !== undefined && (now?.promiscuous ?? false) !== wish.promiscuous)
    set(
      drift("promiscuous", now?.promiscuous, wish.promiscuous),
      { promiscuous: wish.promiscuous },
      { promiscuous: !wish.promiscuous },
    );
  steps.push(...addressSteps(wish, now, missing, prefix));
  if (!now?.up) set(drift(`state of ${wish.name}`, "down", "up"), { up: true }, { up: false });
  return steps;
}

/** Sets something of a link; `before` is what it was, where that is to be taken back. */
export const settingStep = (
  { name, namespace }: { name: string; namespace?: string },
  set: LinkSettings,
  before: LinkSettings | undefined,
  why: string,
): IpStep => ({
  do: "link.set",
  namespace,
  name,
  set,
  undo: before && { do: "link.set", namespace, name, set: before },
  why,
});

/**
 * With the first IPv4 address of a subnet the kernel drops the others too, unless
 * promote_secondaries is set. So after a removal all that are wished are set again. `replace`
 * leaves one that is there as it is.
 */
function addressSteps(wish: LinkWish, now: Link | undefined, missing: string, prefix: string): IpStep[] {
  const { name: dev, namespace, addresses, formerAddresses } = wish;
  if (addresses === undefined) return [];
  // null where the state file has one, which is as good as none
  const former = (formerAddresses ?? []).map(canonical);
  const present = (now?.addresses ?? []).filter(
    (each) => !isLinkLocal(each) || addresses.includes(each) || former.includes(each),
  );
  const extra = present.filter((each) => !addresses.includes(each));
  const why = now ? drift(`${prefix}addresses`, present, addresses) : missing;
  const step = (verb: "add" | "replace" | "delete", address: string): IpStep => {
    const inverse: "replace" | "delete" = verb === "delete" ? "replace" : "delete";
    const undo = now && !(verb === "replace" && present.includes(address));
    return {
      do: `address.${verb}`,
      namespace,
      dev,
      address,
      undo: undo ? { do: `address.${inverse}`, namespace, dev, address } : undefined,
      why,
    };
  };
  if (extra.length === 0) return addresses.filter((each) => !present.includes(each)).map((each) => step("add", each));
  return [...extra.map((each) => step("delete", each)), ...addresses.map((each) => step("replace", each))];
}
