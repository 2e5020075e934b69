import fc from "fast-check";
import { FAMILIES, FORWARDING } from "../../provider/kernel/family.js";
import { isBuiltIn, tableOf } from "../../provider/kernel/iptables/ruleset.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { NetView, Snapshot } from "../../provider/kernel/snapshot.js";
import type { NatChange } from "../../provider/services/nftables/nat-table.js";

const why = "by hand";

/** All single steps by which somebody could break what stands on a host; it stays plain whose the rest is. */
export function breakages(host: Snapshot): Step[] {
  return [
    ...ofView(host),
    ...[...host.namespaces].flatMap(([namespace, view]) => [
      ...ofView(view, namespace),
      { do: "ip", args: ["netns", "del", namespace], why } as Step,
    ]),
    ...[...host.resolvConfs.keys()].map((namespace): Step => ({ do: "resolvConf", namespace, content: null, why })),
    ...ofFirewall(host),
    ...FAMILIES.filter((family) => host.firewall.has(tableOf(family, "filter"))).map(
      (family): Step => ({ do: "sysctl", key: FORWARDING[family], value: "0", why }),
    ),
    ...ofNatTables(host),
  ];
}

function ofView(view: NetView, namespace?: string): Step[] {
  const ip = (...args: string[]): Step => ({ do: "ip", ...(namespace && { namespace }), args, why });
  const links = [...view.links.values()].filter(({ name }) => name.startsWith("fz_") || name.startsWith("eth"));
  return [
    ...links.flatMap((link) => [
      ip("link", "del", "dev", link.name),
      ip("link", "set", "dev", link.name, "down"),
      ip("link", "set", "dev", link.name, "mtu", "1400"),
      ip("link", "set", "dev", link.name, "promisc", "on"),
      ip("link", "set", "dev", link.name, "address", "02:00:00:00:00:77"),
      ...(link.master ? [ip("link", "set", "dev", link.name, "nomaster")] : []),
      ...link.addresses.map((address) => ip("addr", "del", address, "dev", link.name)),
    ]),
    ...view.routes
      .filter(({ protocol }) => protocol === "104")
      .map(({ to, dev }) => ip("route", "del", to, "dev", dev ?? "lo")),
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

function ofNatTables({ natTables }: Snapshot): Step[] {
  const nat = (chain: string, change: NatChange): Step => ({ do: "nat", chain, change, why });
  return [...natTables.values()].flatMap(({ name, services }) => [
    nat(name, { chain: null }),
    ...[...services].flatMap(([service, held]) => [
      nat(name, { service, held: null }),
      // What holds neither service nor endpoints is not there
      ...(held.service && held.endpoints.length > 0
        ? [nat(name, { service, held: { ...held, endpoints: held.endpoints.slice(1) } })]
        : []),
    ]),
  ]);
}

/** Which of the breakages, by numbers, since they depend on the host. */
export const anyDrift: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 3 });
