import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { addressAdd, addressDelete, linkAdd, linkDelete, linkSet, routeDelete } from "../support/ip-steps.js";
import type { Kind } from "../support/lifecycles.js";
import { type Case, namespace, noChain, owner, userChain } from "./case.js";

const bridge6: [Kind, Inputs] = [
  "bridge",
  { name: "br_con", addresses: ["10.9.0.1/24", "fd00:9::1/64", "fe80::1/64"], ...owner("b") },
];

const chain: [Kind, Inputs] = ["natChain", { name: "CON-SERVICES", ...owner("c") }];
const service: [Kind, Inputs] = [
  "serviceVip",
  { chain: "CON-SERVICES", name: "WEB", address: "FD00:99::1", ports: [{ port: 80, targetPort: 8080 }], ...owner("s") },
];

/** The same resources with IPv6, in other spellings than the canonical one. */
export const ip6Cases: Case[] = [
  {
    kind: "bridge",
    on: ", IPv6",
    needs: [],
    inputs: {
      name: "br_con",
      addresses: ["10.9.0.1/24", "FD00:9:0::1/64", "fe80::1/64"],
      forward: true,
      masquerade: ["fd00:9:0:0::/64"],
      ...owner("b"),
    },
    change: {
      addresses: ["fd00:9::2/64", "fd00:9:0:1::1/64"],
      masquerade: ["10.9.0.0/24", "fd00:9::/60", "fd00:a::/64"],
    },
    drifts: {
      "the bridge is deleted": [linkDelete("br_con")],
      "it is set down, which takes its IPv6 addresses": [linkSet("br_con", { up: false })],
      "its address is taken": [addressDelete("fd00:9::1/64", "br_con")],
      "its link-local address is taken": [addressDelete("fe80::1/64", "br_con")],
      "it gets an address more": [addressAdd("fd00:9::7/64", "br_con")],
      "forwarding is switched off": [{ do: "sysctl", key: "net.ipv6.conf.all.forwarding", value: "0", why: "by hand" }],
    },
    foreign: {
      make: [linkAdd("br_con", "bridge")],
      unmake: [linkDelete("br_con")],
    },
  },
  {
    kind: "vethPair",
    on: ", IPv6",
    needs: [bridge6, namespace],
    inputs: {
      name: "v_con",
      bridge: "br_con",
      peer: {
        name: "eth0",
        namespace: "ns_con",
        addresses: ["10.9.0.11/24", "FD00:9::0:11/64"],
        gateway: ["10.9.0.1", "fd00:9::0001"],
        routes: [{ to: "fd00:7::7/128" }, { to: "fd00:8:0::/48", via: "fe80::1" }],
      },
      ...owner("v"),
    },
    change: {
      peer: {
        name: "eth0",
        namespace: "ns_con",
        addresses: ["fd00:9::12/64"],
        routes: [{ to: "default", via: "fe80::1" }],
      },
    },
    drifts: {
      "the pair is deleted": [linkDelete("v_con")],
      "the peer is set down, which takes its IPv6 addresses": [
        linkSet("eth0", { up: false }, "ns_con"),
        linkSet("eth0", { up: true }, "ns_con"),
      ],
      "the peer loses its route": [routeDelete({ to: "::/0", dev: "eth0" }, "ns_con")],
      "the peer loses a route via a link-local address": [routeDelete({ to: "fd00:8::/48", dev: "eth0" }, "ns_con")],
      "the peer loses its address": [addressDelete("fd00:9::11/64", "eth0", "ns_con")],
    },
    foreign: {
      make: [linkAdd("v_con", "veth", { peer: { name: "v_con_peer" } })],
      unmake: [linkDelete("v_con")],
    },
  },
  {
    kind: "natChain",
    on: ", IPv6",
    needs: [],
    inputs: {
      name: "CON-SERVICES",
      vipRange: "FD00:99::0/112",
      rules: [
        { destination: "fd00:99::9", protocol: "tcp", destinationPort: 80, toDestination: "[FD00:9::11]:8080" },
        { destination: "10.99.0.9", protocol: "udp", toDestination: "10.9.0.11" },
      ],
      ...owner("c"),
    },
    change: { hooks: ["PREROUTING"], rules: [], vipRange: "10.99.0.0/16" },
    drifts: {
      "its IPv6 chain is emptied": [
        { do: "chain", table: "ip6 nat", chain: "CON-SERVICES", rules: [], why: "by hand" },
      ],
      "the route of its range is deleted": [routeDelete({ to: "fd00:99::/112", dev: "lo", type: "local" })],
    },
    foreign: { make: userChain("CON-SERVICES"), unmake: noChain("CON-SERVICES"), stays: [noChain("CON-SERVICES")[1]!] },
  },
  {
    kind: "serviceVip",
    on: ", IPv6",
    tried: "machine",
    needs: [chain],
    inputs: service[1],
    change: {
      address: "fd00:99::2",
      ports: [{ port: 81, protocol: "udp" }, { port: 80, nodePort: 30080 }, { port: 81 }],
      sessionAffinity: "ClientIP",
      externalIPs: ["FD00:98::1"],
      loadBalancerSourceRanges: ["2001:DB8::/32"],
      externalTrafficPolicy: "Local",
    },
    drifts: {
      "the VIP's route is deleted": [routeDelete({ to: "fd00:99::1/128", dev: "lo", type: "local" })],
      "what it refuses is let in": [
        { do: "chain", table: "ip6 filter", chain: "CON-SERVICES", rules: [], why: "by hand" },
      ],
    },
    foreign: {
      make: userChain("CON-SVC-WEB", "ip6 nat"),
      unmake: noChain("CON-SVC-WEB", "ip6 nat"),
      stays: [noChain("CON-SVC-WEB", "ip6 nat")[1]!],
    },
  },
  {
    kind: "endpoint",
    on: ", IPv6",
    needs: [chain, service],
    inputs: { service: "CON-SERVICES/WEB", name: "WEB1", address: "FD00:9::0011", ...owner("e") },
    change: { address: "fd00:9::12", weight: 3, terminating: true },
    drifts: {
      "its chain is emptied": [{ do: "chain", table: "ip6 nat", chain: "CON-SEP-WEB1", rules: [], why: "by hand" }],
    },
    foreign: { make: userChain("CON-SEP-WEB1", "ip6 nat"), unmake: [noChain("CON-SEP-WEB1", "ip6 nat")[0]!] },
  },
];
