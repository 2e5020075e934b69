import { type Family, familyOf, LOOPBACK } from "../../kernel/family.js";
import type { ChainSpec, Protocol } from "../../kernel/service-spec.js";
import { nftRule } from "./dnat.js";
import { ANY, chainItem, type Items, mapItem, setItem, TABLE } from "./item.js";
import { type Hook, printOf } from "./print.js";
import { sharedRules } from "./shared-chain.js";

/** All in which a packet's destination can be changed. */
export const HOOKS = ["PREROUTING", "OUTPUT"] as const;

const PROTOCOLS: Protocol[] = ["tcp", "udp", "sctp"];

/**
 * Before iptables' nat chains (-100, 100), so that a service is found first and hairpin traffic is
 * masqueraded for what it is. What no service has is told only after these and other NatChains'
 * tables: a chain of type nat sees no packet that one before it has translated.
 */
const PRIORITY = { dstnat: -105, unserved: -50, srcnat: 95 };

const PLACES: Record<string, Hook> = {
  prerouting: { hook: "prerouting", priority: PRIORITY.dstnat },
  output: { hook: "output", priority: PRIORITY.dstnat },
  "prerouting-unserved": { hook: "prerouting", priority: PRIORITY.unserved },
  "output-unserved": { hook: "output", priority: PRIORITY.unserved },
  input: { hook: "input", priority: PRIORITY.srcnat },
  postrouting: { hook: "postrouting", priority: PRIORITY.srcnat },
};

export const hookOf = (chain: string): Hook | undefined => PLACES[chain];

/** What is in a table whatever services it has. */
export function baseItems(spec: ChainSpec, family: Family): Items {
  const asked = HOOKS.filter((hook) => spec.hooks.includes(hook));
  const hooks = asked.map((hook) => hook.toLowerCase()).flatMap((hook) => [hook, `${hook}-unserved`]);
  const chains = ["services", "unserved", "refused", "remember", "masqueraded", ...hooks, "input", "postrouting"];
  return new Map([
    [TABLE, ""],
    ...["vips", "hairpin", "remote", "sources", "notes"].map((name): [string, string] => [setItem(name), ""]),
    ...[
      "services",
      "sticky",
      ...PROTOCOLS.map((each) => `${each}-endpoints`),
      ...(family === "ip" ? ["affinity"] : []),
    ].map((name): [string, string] => [mapItem(name), ""]),
    ...chains.map((name): [string, string] => [chainItem(name), printOf(hookOf(name), chainRules(name, spec, family))]),
  ]);
}

/** How a set or a map is declared. */
export function declaration(name: string, family: Family): string {
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const port = `${address} . inet_proto . inet_service`;
  const [protocol] = name.split("-");
  if (name.endsWith("-endpoints"))
    // The type of a number drawn can only be named by an example; the protocol's own port makes nft
    // 1.0.6 take it in a later transaction too.
    return `typeof ${family} daddr . ${protocol} dport . numgen random mod 65536 : ${family} daddr . ${protocol} dport;`;
  const dynamic = "flags dynamic,timeout; size 1048576;";
  if (name.startsWith("affinity-")) return `type ${address} : ${address}; ${dynamic}`;
  const declared: Record<string, string> = {
    services: `type ${port} : verdict;`,
    sticky: `type ${port} : verdict;`,
    affinity: `type ${address} . ${port} : ${address}; ${dynamic}`,
    vips: `type ${address};`,
    hairpin: `type ${address} . ${address};`,
    remote: `type ${port} . ${address};`,
    sources: `type ${port} . ${address}; flags interval;`,
    notes: "type ipv6_addr;",
  };
  return declared[name] ?? "";
}

/** The rules of a chain, in nft's words. */
export function chainRules(chain: string, spec: ChainSpec | undefined, family: Family): string[] {
  return sharedRules(chain, family) ?? (spec && RULES[chain]?.(family, spec)) ?? [];
}

const RULES: Record<string, (family: Family, spec: ChainSpec) => string[]> = {
  prerouting: () => ["jump services"],
  output: () => ["jump services"],
  "prerouting-unserved": () => ["jump unserved"],
  "output-unserved": () => ["jump unserved"],
  input: () => ["ct status dnat jump remember"],
  postrouting: () => ["ct status dnat jump remember", "ct status dnat jump masqueraded"],
  services: (family, { rules }) => [
    ...rules
      .map(nftRule)
      .filter((rule) => rule.family === family)
      .map(({ text }) => text),
    `${family} daddr . meta l4proto . th dport vmap @services`,
    `fib daddr type local ${family} daddr != ${LOOPBACK[family]} ${family} daddr & ${ANY[family]} . meta l4proto . th dport vmap @services`,
  ],
  // Not where a virtual IP is the host's own address too: what else is reached there is none of
  // ours
  unserved: (family, { vipRanges }) => [
    `${family} daddr @vips fib daddr type != local goto refused`,
    ...vipRanges
      .filter((range) => familyOf(range) === family)
      .map((range) => `${family} daddr ${range} fib daddr type != local drop`),
  ],
  // A reset is never held back by the kernel's limit on ICMP errors (net.ipv4.icmp_ratelimit)
  refused: () => ["meta l4proto tcp reject with tcp reset", "reject"],
  remember: (family) => PROTOCOLS.flatMap((protocol) => original(protocol, family, "", "vmap @sticky")),
  masqueraded: (family) => [
    `${family} saddr . ${family} daddr @hairpin masquerade`,
    ...PROTOCOLS.flatMap((protocol) => original(protocol, family, ` . ${family} daddr`, "@remote masquerade")),
  ],
};

/**
 * A look-up by what the client asked for, as a VIP and as a NodePort. Which protocol it is must be
 * said: else nft doesn't know what a port is.
 */
function original(protocol: Protocol, family: Family, more: string, then: string): string[] {
  const address = `ct original ${family} daddr`;
  return [address, `${address} & ${ANY[family]}`].map(
    (each) => `meta l4proto ${protocol} ${each} . meta l4proto . ct original proto-dst${more} ${then}`,
  );
}
