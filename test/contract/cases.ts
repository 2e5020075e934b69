import type { Step } from "../../provider/kernel/plan.js";
import type { ServiceChange, ServiceState } from "../../provider/kernel/service-change.js";
import type { EndpointSpec } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import {
  addressAdd,
  addressDelete,
  linkAdd,
  linkDelete,
  linkSet,
  netnsAdd,
  netnsDelete,
  routeDelete,
} from "../support/ip-steps.js";
import type { Kind } from "../support/lifecycles.js";
import { type Case, markOfOwner, namespace, nftEndpoint, noChain, owner, userChain } from "./case.js";
import { macvlanCases } from "./case-macvlan.js";
import { carriedCases } from "./cases-carried.js";
import { ip6Cases } from "./cases-ip6.js";

export type { Case, Kind };

const bridge: [Kind, Inputs] = ["bridge", { name: "br_con", addresses: ["10.9.0.1/24"], ...owner("b") }];
const chain: [Kind, Inputs] = ["natChain", { name: "CON-SERVICES", ...owner("c") }];
const service: [Kind, Inputs] = [
  "serviceVip",
  { chain: "CON-SERVICES", name: "WEB", address: "10.99.0.1", ports: [{ port: 80, targetPort: 8080 }], ...owner("s") },
];

const nftChain: [Kind, Inputs] = ["natChain", { name: "CON-NFT", backend: "nftables", ...owner("c") }];
const nftService: [Kind, Inputs] = ["serviceVip", { ...service[1], chain: "CON-NFT" }];
const nft = (change: ServiceChange): Step => ({
  do: "nat",
  backend: "nftables",
  chain: "CON-NFT",
  change,
  why: "by hand",
});
/** The service on nftables as `mark` made it. */
const held = (mark: string, endpoints: EndpointSpec[] = []): ServiceState => ({
  name: "WEB",
  family: "ip",
  service: {
    name: "WEB",
    mark,
    address: "10.99.0.1",
    ports: [{ port: 80, protocol: "tcp", targetPort: 8080 }],
    externalIPs: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: "Cluster",
    internalTrafficPolicy: "Cluster",
  },
  endpoints,
});
const ofService = markOfOwner("s");

export const cases: Case[] = [
  {
    kind: "bridge",
    tried: "machine",
    needs: [],
    inputs: {
      name: "br_con",
      addresses: ["10.9.0.1/24"],
      mtu: 1400,
      forward: true,
      masquerade: ["10.9.0.0/24"],
      ...owner("b"),
    },
    change: { addresses: ["10.9.0.2/24", "10.9.1.1/24"], mtu: 1450, stp: true, masquerade: ["10.9.0.0/23"] },
    drifts: {
      "the bridge is deleted": [linkDelete("br_con")],
      "it is set down": [linkSet("br_con", { up: false })],
      "its address is taken": [addressDelete("10.9.0.1/24", "br_con")],
      "it gets an address more": [addressAdd("10.9.0.7/24", "br_con")],
      "its MTU is changed": [linkSet("br_con", { mtu: 1300 })],
      "it is made promiscuous": [linkSet("br_con", { promiscuous: true })],
      "forwarding is switched off": [{ do: "sysctl", key: "net.ipv4.ip_forward", value: "0", why: "by hand" }],
      "its rules that let packets through are gone": [
        { do: "chain", table: "filter", chain: "FORWARD", rules: [], why: "by hand" },
      ],
      "its rules that masquerade are gone": [
        { do: "chain", table: "nat", chain: "POSTROUTING", rules: [], why: "by hand" },
      ],
    },
    foreign: {
      make: [linkAdd("br_con", "bridge")],
      unmake: [linkDelete("br_con")],
    },
  },
  {
    kind: "netNamespace",
    tried: "namespace",
    needs: [],
    inputs: { name: "ns_con", nameservers: ["10.9.0.53"], sysctls: { "net.ipv4.ip_forward": "1" }, ...owner("n") },
    change: { nameservers: ["10.9.0.54"], searchDomains: ["cluster.local"] },
    drifts: {
      "the namespace is deleted": [netnsDelete("ns_con")],
      "lo is set down": [linkSet("lo", { up: false }, "ns_con")],
      "resolv.conf is gone": [{ do: "resolvConf", namespace: "ns_con", content: null, why: "by hand" }],
      "a sysctl is changed": [
        { do: "sysctl", namespace: "ns_con", key: "net.ipv4.ip_forward", value: "0", why: "by hand" },
      ],
    },
    foreign: { make: [netnsAdd("ns_con")], unmake: [netnsDelete("ns_con")] },
  },
  {
    kind: "vethPair",
    tried: "machine",
    needs: [bridge, namespace],
    inputs: {
      name: "v_con",
      bridge: "br_con",
      peer: { name: "eth0", namespace: "ns_con", addresses: ["10.9.0.11/24"], gateway: "10.9.0.1" },
      ...owner("v"),
    },
    change: {
      mtu: 1400,
      hairpin: false,
      peer: { name: "eth0", namespace: "ns_con", addresses: ["10.9.0.12/24"], gateway: "10.9.0.1" },
    },
    drifts: {
      "the pair is deleted": [linkDelete("v_con")],
      "it is taken off the bridge": [linkSet("v_con", { master: null })],
      "hairpin is switched off": [linkSet("v_con", { type: { kind: "bridge_slave", options: { hairpin: "off" } } })],
      "the host's end is set down": [linkSet("v_con", { up: false })],
      "the peer loses its route": [routeDelete({ to: "default" }, "ns_con")],
      "the peer loses its address": [
        routeDelete({ to: "default" }, "ns_con"),
        addressDelete("10.9.0.11/24", "eth0", "ns_con"),
      ],
    },
    foreign: {
      make: [linkAdd("v_con", "veth", { peer: { name: "v_con_peer" } })],
      unmake: [linkDelete("v_con")],
    },
  },
  {
    kind: "natChain",
    tried: "namespace",
    needs: [],
    inputs: { name: "CON-SERVICES", hooks: ["PREROUTING", "OUTPUT"], ...owner("c") },
    change: {
      hooks: ["PREROUTING"],
      rules: [{ destination: "10.99.0.9", protocol: "tcp", destinationPort: 80, toDestination: "10.9.0.11:8080" }],
      vipRange: "10.99.0.0/16",
    },
    drifts: {},
    foreign: {
      make: userChain("CON-SERVICES"),
      unmake: noChain("CON-SERVICES"),
      stays: [noChain("CON-SERVICES")[1]!],
    },
  },
  {
    kind: "serviceVip",
    tried: "namespace",
    needs: [chain],
    inputs: service[1],
    change: {
      address: "10.99.0.2",
      ports: [{ port: 81, protocol: "udp" }, { port: 80, nodePort: 30080 }, { port: 81 }],
      sessionAffinity: "ClientIP",
      externalIPs: ["10.98.0.1"],
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      externalTrafficPolicy: "Local",
    },
    drifts: {
      "the VIP's route is deleted": [routeDelete({ to: "10.99.0.1/32" })],
      "what it refuses is let in": [{ do: "chain", table: "filter", chain: "CON-SERVICES", rules: [], why: "by hand" }],
    },
    foreign: { make: userChain("CON-SVC-WEB"), unmake: [noChain("CON-SVC-WEB")[0]!] },
  },
  {
    kind: "endpoint",
    tried: "machine",
    needs: [chain, service],
    inputs: { service: "CON-SERVICES/WEB", name: "WEB1", address: "10.9.0.11", ...owner("e") },
    change: { address: "10.9.0.12", weight: 3, terminating: true },
    drifts: {
      "its chain is emptied": [{ do: "chain", table: "nat", chain: "CON-SEP-WEB1", rules: [], why: "by hand" }],
    },
    foreign: { make: userChain("CON-SEP-WEB1"), unmake: [noChain("CON-SEP-WEB1")[0]!] },
  },
  {
    kind: "natChain",
    on: " on nftables",
    tried: "machine",
    needs: [],
    inputs: nftChain[1],
    change: {
      hooks: ["PREROUTING"],
      rules: [{ destination: "10.99.0.9", protocol: "tcp", destinationPort: 80, toDestination: "10.9.0.11:8080" }],
    },
    drifts: { "its table is deleted": [nft({ chain: null })] },
    foreign: {
      make: [nft({ chain: { name: "CON-NFT", mark: "", hooks: ["OUTPUT"], vipRanges: [], rules: [] } })],
      unmake: [nft({ chain: null })],
    },
  },
  {
    kind: "serviceVip",
    on: " on nftables",
    needs: [nftChain],
    inputs: nftService[1],
    change: { address: "10.99.0.2", ports: [{ port: 81, protocol: "udp" }, { port: 80 }, { port: 81 }] },
    drifts: {
      "the VIP's route is deleted": [routeDelete({ to: "10.99.0.1/32" })],
      "its elements are deleted": [nft({ service: "WEB", state: null })],
    },
    foreign: {
      make: [nft({ service: "WEB", state: held("") })],
      unmake: [nft({ service: "WEB", state: null })],
    },
  },
  {
    kind: "endpoint",
    on: " on nftables",
    tried: "namespace",
    needs: [nftChain, nftService],
    inputs: { service: "CON-NFT/WEB", name: "WEB1", address: "10.9.0.11", ...owner("e") },
    change: { address: "10.9.0.12", weight: 3, terminating: true },
    drifts: {
      "its elements are deleted": [nft({ service: "WEB", state: held(ofService) })],
    },
    foreign: {
      make: [nft({ service: "WEB", state: held(ofService, [nftEndpoint]) })],
      unmake: [nft({ service: "WEB", state: held(ofService) })],
    },
  },
  ...macvlanCases,
  ...carriedCases,
  ...ip6Cases,
];
