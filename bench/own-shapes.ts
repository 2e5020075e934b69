import { restoreScript } from "../provider/host/restore-script.js";
import { commentMatch } from "../provider/kernel/iptables/rule-comment.js";
import type { Rule, Table } from "../provider/kernel/iptables/ruleset.js";
import { type ServiceSpec, USUAL } from "../provider/kernel/service-spec.js";
import { commentOf } from "../provider/ownership/comment.js";
import { endpointChainName, masqueradeChainName, prefixOf, serviceChainName } from "../provider/services/chain-name.js";
import { choosingRules, endpointRules } from "../provider/services/iptables/choice.js";
import { dispatchRules } from "../provider/services/iptables/dispatch.js";
import { masqueradeRules } from "../provider/services/iptables/masquerade.js";
import { natScript } from "../provider/services/nftables/script.js";
import { changeNatTable, copyNatTable, type NatTable, natTable } from "../provider/services/nftables/table.js";
import { stateOf } from "../provider/services/state.js";
import { endpointsOf, PORT, range, type Shape, vipOf } from "./service-shapes.js";

const CHAIN = "BENCH-SERVICES";
const markOf = (what: string) => `hostnet:1a2b3c4d:bench/bench/${what}`;

const serviceOf = (number: number, last: number): ServiceSpec => ({
  chain: CHAIN,
  name: `S${number}`,
  mark: markOf(`s${number}`),
  family: "ip",
  address: vipOf(number),
  ports: [{ port: PORT, protocol: "udp", targetPort: PORT }],
  externalIPs: [],
  loadBalancerSourceRanges: [],
  externalTrafficPolicy: "Cluster",
  internalTrafficPolicy: "Cluster",
  endpoints: endpointsOf(number, last).map((address, at) => ({
    name: `S${number}E${at + 1}`,
    address,
    ...USUAL,
    mark: markOf(`s${number}e${at + 1}`),
  })),
});

/** What this product lays out on nftables. */
export function flatMaps(): Shape {
  let table: NatTable = natTable(CHAIN);
  const put = (on: NatTable, number: number, last: number) => {
    const state = stateOf(serviceOf(number, last));
    changeNatTable(on, { service: state.name, state });
  };
  const from = (change: (on: NatTable) => void, services?: string[]) => {
    const before = table;
    table = copyNatTable(table);
    change(table);
    return natScript(before, table, services);
  };
  return {
    name: "flat maps",
    command: ["nft", "-f", "-"],
    all: (count) =>
      from((on) => {
        const mark = markOf("chain");
        changeNatTable(on, {
          chain: { name: CHAIN, mark, hooks: ["PREROUTING", "OUTPUT"], vipRanges: [], rules: [] },
        });
        for (const number of range(count)) put(on, number, count);
      }),
    oneMore: (number) => from((on) => put(on, number, -1), [`S${number}`]),
  };
}

/** What this product lays out on iptables. */
export function ownChains(): Shape {
  let table: Table = new Map();
  const from = (change: (on: Map<string, { rules: Rule[] }>) => void) => {
    const before = table;
    const after = new Map([...table].map(([name, { rules }]) => [name, { rules: [...rules] }]));
    change(after);
    table = after;
    return restoreScript(new Map([["nat", before]]), new Map([["nat", table]]));
  };
  return {
    name: "our iptables",
    command: ["iptables-restore", "--noflush", "-w", "10"],
    all: (count) =>
      from((on) => {
        const jump = (to: string, match: string[] = []): Rule => ({
          spec: [...match, ...commentMatch(commentOf({ mark: markOf("chain") })), "-j", to],
        });
        const masquerade = masqueradeChainName(CHAIN);
        for (const hook of ["PREROUTING", "OUTPUT"]) on.set(hook, { rules: [jump(CHAIN)] });
        on.set("POSTROUTING", { rules: [jump(masquerade, ["-m", "conntrack", "--ctstate", "DNAT"])] });
        for (const name of [CHAIN, masquerade]) on.set(name, { rules: [] });
        for (const number of range(count)) lay(on, serviceOf(number, count));
      }),
    oneMore: (number) => from((on) => lay(on, serviceOf(number, -1))),
  };
}

function lay(on: Map<string, { rules: Rule[] }>, service: ServiceSpec): void {
  const prefix = prefixOf(CHAIN);
  const chain = serviceChainName(prefix, service.name);
  const jumps = service.endpoints.map((endpoint) => {
    const endpointChain = endpointChainName(prefix, endpoint.name);
    const { address, mark } = endpoint;
    on.set(endpointChain, { rules: endpointRules({ address, chain: endpointChain }, service, commentOf({ mark })) });
    const comment = commentOf({ mark, says: { for: endpointChain } });
    on.get(masqueradeChainName(CHAIN))!.rules.push(...masqueradeRules(endpoint, service, true, comment));
    return { endpointChain, endpoint, comment: commentOf({ mark }) };
  });
  on.set(chain, { rules: choosingRules(jumps, "Cluster", { family: "ip" }) });
  const comment = ({ targetPort }: { targetPort: number }) => commentOf({ mark: service.mark, targetPort });
  on.get(CHAIN)!.rules.push(...dispatchRules(service, chain, comment));
}
