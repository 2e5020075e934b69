import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Kind } from "../support/lifecycles.js";
import type { Row } from "./drift-rows.js";

const endpoint = (number: number, conditions: Inputs): [Kind, string, Inputs] => [
  "endpoint",
  `full${number}`,
  { service: "FD-SERVICES/FULL", name: `FULL${number}`, address: `10.7.0.3${number}`, ...conditions },
];

/** A service and its endpoints with all arguments. Of them FULL1 alone takes new connections. */
export const FULL_SERVICE: [Kind, string, Inputs][] = [
  ["natChain", "fullchain", { name: "FD-SERVICES", hooks: ["PREROUTING"] }],
  [
    "serviceVip",
    "full",
    {
      chain: "FD-SERVICES",
      name: "FULL",
      address: "10.78.0.2",
      ports: [{ port: 443, protocol: "tcp", targetPort: 8443, nodePort: 30443 }],
      sessionAffinity: "ClientIP",
      sessionAffinityTimeoutSeconds: 600,
      externalIPs: ["10.79.0.1"],
      loadBalancerSourceRanges: ["10.90.0.0/16", "10.91.0.0/16"],
      externalTrafficPolicy: "Local",
    },
  ],
  endpoint(2, { ready: false, serving: true, local: false }),
  endpoint(1, { weight: 3 }),
  endpoint(3, { terminating: true }),
];
const ENDPOINTS = ["full2", "full1", "full3"];

const vip = (port = 443) => `-d 10.78.0.2/32 -p tcp -m tcp --dport ${port} -j FD-SVC-FULL`;
const external = (range: number, address = "10.79.0.1") =>
  `-s 10.${range}.0.0/16 -d ${address}/32 -p tcp -m tcp --dport 443 -j FD-SVC-FULL/ext`;
const node = (range: number, port = 30443) =>
  `-s 10.${range}.0.0/16 ! -d 127.0.0.0/8 -p tcp -m addrtype --dst-type LOCAL -m tcp --dport ${port} -j FD-SVC-FULL/ext`;

const gone = (...rules: string[]) => rules.map((rule) => `nat FD-SERVICES gone: ${rule}`);
const made = (...rules: string[]) => rules.map((rule) => `nat FD-SERVICES last: ${rule}`);
const anew = (...rules: string[]) => [...gone(...rules), ...made(...rules)];

const returning = (number: number) =>
  `-m recent --rcheck --seconds 600 --reap --name FD-SEP-FULL${number} --mask 255.255.255.255 --rsource -j FD-SEP-FULL${number}`;
const none = (number: number) => `-m statistic --mode random --probability 0.00000000000 -j FD-SEP-FULL${number}`;
const choosing = ["FD-SVC-FULL", "FD-SVC-FULL/ext"].map(
  (chain) => `nat ${chain}: ${[returning(1), none(3), none(2), "-j FD-SEP-FULL1"].join("; ")}`,
);
const own = (number: number) =>
  `nat FD-SEP-FULL${number}: -p tcp -m tcp -m recent --set --name FD-SEP-FULL${number} --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.7.0.3${number}:8443`;

export const SERVICE_ROWS: Row[] = [
  {
    argument: "ServiceVip.ports, the target port",
    spoil: ["nat: s/target=8443/target=9443/"],
    resource: "full",
    says: "ports[0].targetPort: found 9443, declared 8443",
    follow: ENDPOINTS,
    steps: anew(vip(), external(90), external(91), node(90), node(91)),
  },
  {
    argument: "ServiceVip.ports, the node port",
    spoil: ["nat: s/--dport 30443/--dport 30444/"],
    resource: "full",
    says: "ports[0].nodePort: found 30444, declared 30443",
    steps: [...gone(node(90, 30444), node(91, 30444)), ...made(node(90), node(91))],
  },
  {
    argument: "ServiceVip.ports, no rule for the node port",
    spoil: ["nat: /-A FD-SERVICES .*--dport 30443/d"],
    resource: "full",
    says: "ports[0].nodePort: found none, declared 30443",
    steps: made(node(90), node(91)),
  },
  {
    argument: "ServiceVip.sessionAffinity",
    spoil: ["nat: /--rcheck/d"],
    resource: "full",
    says: "sessionAffinity: found None, declared ClientIP",
    follow: ENDPOINTS,
    steps: choosing,
  },
  {
    argument: "ServiceVip.sessionAffinityTimeoutSeconds",
    spoil: ["nat: s/--seconds 600/--seconds 60/"],
    resource: "full",
    says: "sessionAffinityTimeoutSeconds: found 60, declared 600",
    steps: choosing,
  },
  {
    argument: "ServiceVip.sessionAffinityTimeoutSeconds, what is noted of it",
    spoil: ["nat: s/;affinity=600/;affinity=60/"],
    resource: "full",
    says: /^chain FD-SERVICES: found -d .*;affinity=60;.*, declared -d .*;affinity=600;/,
    steps: anew(vip()),
  },
  {
    argument: "ServiceVip.externalIPs",
    spoil: ["nat: s/-d 10.79.0.1.32/-d 10.79.0.9/"],
    resource: "full",
    says: "externalIPs: found 10.79.0.9, declared 10.79.0.1",
    steps: [...gone(external(90, "10.79.0.9"), external(91, "10.79.0.9")), ...made(external(90), external(91))],
  },
  {
    argument: "ServiceVip.externalIPs, no rule",
    spoil: ["nat: /-A FD-SERVICES .*-d 10.79.0.1.32/d"],
    resource: "full",
    says: "externalIPs: found none, declared 10.79.0.1",
    steps: made(external(90), external(91)),
  },
  {
    argument: "ServiceVip.loadBalancerSourceRanges",
    spoil: ["nat: /-A FD-SERVICES .*-d 10.79.0.1/s/-s 10.90.0.0.16/-s 10.92.0.0\\/16/"],
    resource: "full",
    says: "loadBalancerSourceRanges: found 10.91.0.0/16, 10.92.0.0/16, declared 10.90.0.0/16, 10.91.0.0/16",
    steps: [...gone(external(92)), ...made(external(90))],
  },
  {
    argument: "ServiceVip.loadBalancerSourceRanges, one is missing",
    spoil: ["nat: /-A FD-SERVICES -s 10.90.0.0.16/d"],
    resource: "full",
    says: "loadBalancerSourceRanges: found 10.91.0.0/16, declared 10.90.0.0/16, 10.91.0.0/16",
    steps: made(external(90), node(90)),
  },
  {
    argument: "ServiceVip.externalTrafficPolicy",
    spoil: ["nat: s/;external=Local//"],
    resource: "full",
    says: "externalTrafficPolicy: found Cluster, declared Local",
    follow: ["full2"],
    steps: anew(vip()),
  },
  {
    argument: "ServiceVip.internalTrafficPolicy",
    spoil: ["nat: s/;external=Local/;internal=Local;external=Local/"],
    resource: "full",
    says: "internalTrafficPolicy: found Local, declared Cluster",
    steps: anew(vip()),
  },
  {
    argument: "Endpoint.weight, not the usual one",
    spoil: ["nat: s/;weight=3//"],
    resource: "full1",
    says: "weight: found 1, declared 3",
    steps: [own(1), ...choosing],
  },
  {
    argument: "Endpoint.ready",
    spoil: ["nat: /FULL2/s/;ready=no//"],
    resource: "full2",
    says: "ready: found true, declared false",
    follow: ["full1", "full3"],
    steps: [own(2), ...choosing],
  },
  {
    argument: "Endpoint.serving",
    spoil: ["nat: /FULL2/s/;ready=no/;ready=no;serving=no/"],
    resource: "full2",
    says: "serving: found false, declared true",
    steps: [own(2), ...choosing],
  },
  {
    argument: "Endpoint.terminating",
    spoil: ["nat: s/;terminating=yes//"],
    resource: "full3",
    says: "terminating: found false, declared true",
    steps: [own(3), ...choosing],
  },
  {
    argument: "Endpoint.local",
    spoil: ["nat: s/;local=no//"],
    resource: "full2",
    says: "local: found true, declared false",
    steps: [own(2), ...choosing],
  },
];
