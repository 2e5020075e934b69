import type { Context } from "../definition.js";
import type { Link } from "../model/snapshot.js";
import type { IpStep } from "../plan.js";

/** What two ends of a veth pair and a bridge have in common: what is wished of an interface that is there. */
export interface LinkWish {
  name: string;
  namespace?: string;
  mark: string;
  macAddress: string;
  mtu?: number;
  promiscuous?: boolean;
  /** Exactly these, when given. */
  addresses?: string[];
}

/** What Ethernet-like links are made with. */
const DEFAULT_MTU = 1500;

/** The MTU to see to: the one given, or the kernel's default where one was given before; else whatever it is. */
export function wishedMtu(given: number | undefined, { previous }: Context): number | undefined {
  return given ?? (previous?.mtu === undefined ? undefined : DEFAULT_MTU);
}

/** The steps that lead an interface from what it is to what it should be; a fresh one (just added) is taken as bare. */
export function linkSteps(wish: LinkWish, now: Link | undefined): IpStep[] {
  const { name, namespace } = wish;
  const steps: IpStep[] = [];
  const set = (why: string, args: string[], undo?: string[]) =>
    steps.push({
      do: "ip",
      namespace,
      args: ["link", "set", "dev", name, ...args],
      undo: now && undo ? ["link", "set", "dev", name, ...undo] : undefined,
      why: now ? why : `${name} is missing`,
    });

  if (now?.alias !== wish.mark)
    set(`${name} carries no mark of ours`, ["alias", wish.mark], now?.alias ? ["alias", now.alias] : undefined);
  if (now && now.macAddress !== wish.macAddress)
    set(
      `${name} has the MAC address ${now.macAddress}, not ${wish.macAddress}`,
      ["address", wish.macAddress],
      ["address", now.macAddress],
    );
  if (now && wish.mtu !== undefined && now.mtu !== wish.mtu)
    set(`${name} has MTU ${now.mtu}, not ${wish.mtu}`, ["mtu", String(wish.mtu)], ["mtu", String(now.mtu)]);
  if (wish.promiscuous !== undefined && (now?.promiscuous ?? false) !== wish.promiscuous)
    set(
      `${name} is ${wish.promiscuous ? "not " : ""}promiscuous`,
      ["promisc", wish.promiscuous ? "on" : "off"],
      ["promisc", wish.promiscuous ? "off" : "on"],
    );
  steps.push(...addressSteps(wish, now));
  if (!now?.up) set(`${name} is down`, ["up"], ["down"]);
  return steps;
}

/**
 * The kernel drops the other addresses of a subnet with its first one (unless promote_secondaries is set), so after a removal all that are
 * wished are set again; `replace` leaves one that is there as it is.
 */
function addressSteps({ name, namespace, addresses }: LinkWish, now: Link | undefined): IpStep[] {
  if (addresses === undefined) return [];
  const present = now?.addresses ?? [];
  const extra = present.filter((each) => !addresses.includes(each));
  const step = (verb: "add" | "replace" | "del", address: string, why: string): IpStep => ({
    do: "ip",
    namespace,
    args: ["addr", verb, address, "dev", name],
    undo: now ? ["addr", verb === "del" ? "replace" : "del", address, "dev", name] : undefined,
    why: now ? why : `${name} is missing`,
  });
  const lacks = (each: string) => `${name} lacks the address ${each}`;
  if (extra.length === 0)
    return addresses.filter((each) => !present.includes(each)).map((each) => step("add", each, lacks(each)));
  return [
    ...extra.map((each) => step("del", each, `${name} has the address ${each}, which is not declared`)),
    ...addresses.map((each) => ({
      ...step("replace", each, present.includes(each) ? `${name} has an address which is not declared` : lacks(each)),
      ...(present.includes(each) ? { undo: undefined } : {}),
    })),
  ];
}
