import fc from "fast-check";
import { FAMILIES, FORWARDING } from "../../provider/kernel/family.js";
import { isBuiltIn, tableOf } from "../../provider/kernel/iptables/ruleset.js";
import type { LinkSettings, Step } from "../../provider/kernel/plan.js";
import type { ServiceChange } from "../../provider/kernel/service-change.js";
import type { Link, NetView, Snapshot } from "../../provider/kernel/snapshot.js";
import { addressDelete, linkDelete, linkSet, netnsDelete, routeDelete } from "./ip-steps.js";
import { natTablesOf } from "./nat-tables.js";

const why = "by hand";

/**
 * All single steps by which somebody could break what is on a host. What is left still shows its
 * owner.
 */
export function breakages(host: Snapshot): Step[] {
  return [
    ...ofView(host),
    ...[...host.namespaces].flatMap(([namespace, view]) => [...ofView(view, namespace), netnsDelete(namespace)]),
    ...[...host.resolvConfs.keys()].map((namespace): Step => ({ do: "resolvConf", namespace, content: null, why })),
    ...ofFirewall(host),
    ...FAMILIES.filter((family) => host.firewall.has(tableOf(family, "filter"))).map(
      (family): Step => ({ do: "sysctl", key: FORWARDING[family], value: "0", why }),
    ),
    ...ofNatTables(host),
  ];
}

function ofView(view: NetView, namespace?: string): Step[] {
  const set = ({ name }: Link, to: LinkSettings) => linkSet(name, to, namespace);
  const links = [...view.links.values()].filter(({ name }) => name.startsWith("fz_") || name.startsWith("eth"));
  return [
    ...links.flatMap((link) => [
      linkDelete(link.name, namespace),
      set(link, { up: false }),
      set(link, { mtu: 1400 }),
      set(link, { promiscuous: true }),
      set(link, { macAddress: "02:00:00:00:00:77" }),
      ...(link.master ? [set(link, { master: null })] : []),
      ...link.addresses.map((address) => addressDelete(address, link.name, namespace)),
    ]),
    ...view.routes
      .filter(({ protocol }) => protocol === "104")
      .map(({ to, dev = "lo" }) => routeDelete({ to, dev }, namespace)),
  ];
}

function ofFirewall({ firewall }: Snapshot): Step[] {
  return (["nat", "filter", "ip6 nat", "ip6 filter"] as const).flatMap((table) =>
    [...(firewall.get(table) ?? [])].flatMap(([chain, { rules }]): Step[] => [
      ...rules.map((rule): Step => ({ do: "rule", table, chain, rule, at: "gone", why })),
      ...(isBuiltIn(chain) ? [] : [{ do: "chain", table, chain, rules: [], why } as Step]),
    ]),
  );
}

function ofNatTables(host: Snapshot): Step[] {
  const nat = (chain: string, change: ServiceChange): Step => ({ do: "nat", backend: "nftables", chain, change, why });
  return [...natTablesOf(host).values()].flatMap(({ name, services }) => [
    nat(name, { chain: null }),
    ...[...services].flatMap(([service, held]) => [
      nat(name, { service, state: null }),
      // What holds neither service nor endpoints is not there
      ...(held.service && held.endpoints.length > 0
        ? [nat(name, { service, state: { ...held, endpoints: held.endpoints.slice(1) } })]
        : []),
    ]),
  ]);
}

/** Which of the breakages, by numbers, since they depend on the host. */
export const anyDrift: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 3 });
