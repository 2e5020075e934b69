import { FAMILIES } from "../kernel/family.js";
import { tableOf } from "../kernel/iptables/ruleset.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { type FlowWay, waysOnIptables } from "./iptables/flow-ways.js";
import { allInFamilies } from "./iptables/read.js";
import { addressesOnNftables, changedWays } from "./nftables/flow-ways.js";
import type { Protocol } from "./spec.js";

/**
 * Flows that conntrack still leads where no rule leads any more. TCP finds out by itself; a UDP client with a fixed source port would be led there for
 * ever, whatever the rules say.
 */
export interface StaleFlows {
  protocol: Protocol;
  /** Where the client sends; of a node port "", any address. */
  address: string;
  /** Of a node port: addresses at which another way has that port. */
  except?: string[];
  port: number;
  /** "10.0.0.11:53", the endpoint that must not get them any more; undefined: they went out untranslated, and an endpoint is there now. */
  endpoint?: string;
}

/**
 * The flows to forget after the rules have changed, and no others. A service that has moved from one backend to the other is where it was. What was sent
 * to a service while nothing led to it went out as it was, and conntrack holds on to that (two minutes for a TCP SYN): a new
 * connection from the same source port would take the same dead way.
 */
export function staleFlows(before: Firewalls, after: Firewalls): StaleFlows[] {
  const [was, is] = waysOf(before, after);
  const endpointsAt = (way: FlowWay) => is.get(keyOf(way))?.endpoints ?? [];
  const leadingTo = (way: FlowWay) => was.get(keyOf(way))?.leading ?? [];
  const left = [...was.values()]
    .filter(({ protocol }) => protocol === "udp")
    .flatMap((way) =>
      way.endpoints
        .filter((each) => !endpointsAt(way).includes(each))
        .map((endpoint) => ({ ...flowsOf(way, before, after), endpoint })),
    );
  const awakened = [...is.values()].filter((way) => way.leading.some((each) => !leadingTo(way).includes(each)));
  return [...left, ...awakened.map((way) => flowsOf(way, before, after))];
}

type Ways = Map<string, FlowWay>;

/** The ways into services as they were and as they are; those that are the same on both sides may be missing. */
function waysOf(before: Firewalls, after: Firewalls): [was: Ways, is: Ways] {
  const [oldOnNft, nowOnNft] = changedWays(before.natTables, after.natTables);
  const changed = FAMILIES.map((family) => tableOf(family, "nat")).filter(
    (name) => before.firewall.get(name) !== after.firewall.get(name),
  );
  const onIptables = ({ firewall }: Firewalls) => changed.flatMap((name) => waysOnIptables(firewall.get(name)));
  return [byKey([...onIptables(before), ...oldOnNft]), byKey([...onIptables(after), ...nowOnNft])];
}

function byKey(ways: FlowWay[]): Ways {
  const found: Ways = new Map();
  for (const way of ways) {
    const same = found.get(keyOf(way));
    const both = (of: "endpoints" | "leading") => [...(same?.[of] ?? []), ...way[of]];
    found.set(keyOf(way), { ...way, endpoints: both("endpoints"), leading: both("leading") });
  }
  return found;
}

const keyOf = ({ protocol, address, port }: FlowWay) => `${protocol} ${address} ${port}`;

/** The flows by one way, wherever they went. */
function flowsOf({ protocol, address, port }: FlowWay, ...rules: Firewalls[]): StaleFlows {
  const others = address === "" ? rules.flatMap((each) => addressesWith(protocol, port, each)) : [];
  return { protocol, address, port, ...(others.length > 0 && { except: others }) };
}

function addressesWith(protocol: Protocol, port: number, { firewall, natTables }: Firewalls): string[] {
  const onIptables = allInFamilies(firewall).filter(
    (each) => each.way !== "node" && each.protocol === protocol && each.port === port,
  );
  return [...onIptables.map(({ address }) => address), ...addressesOnNftables(protocol, port, natTables)];
}
