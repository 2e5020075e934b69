import type { Row } from "./drift-rows.js";

const inNamespace = (line: string) => `ip -n ns_dr ${line}`;

/** The same as with IPv4, and what is IPv6's own. */
export const IP6_ROWS: Row[] = [
  {
    argument: "Bridge.addresses of IPv6, one is missing",
    spoil: ["ip addr del fd00:7::1/64 dev br_dr6"],
    resource: "home6",
    says: "addresses: found none, declared fd00:7::1/64",
    steps: ["ip addr add fd00:7::1/64 dev br_dr6 nodad"],
  },
  {
    argument: "Bridge.addresses of IPv6, one is not declared",
    spoil: ["ip addr add fd00:7::9/64 dev br_dr6 nodad"],
    resource: "home6",
    says: "addresses: found fd00:7::9/64, fd00:7::1/64, declared fd00:7::1/64",
    steps: ["ip addr del fd00:7::9/64 dev br_dr6", "ip addr replace fd00:7::1/64 dev br_dr6 nodad"],
  },
  {
    argument: "Bridge.forward of IPv6, the sysctl",
    spoil: ["sysctl -qw net.ipv6.conf.all.forwarding=0"],
    resource: "home6",
    says: "forward: found net.ipv6.conf.all.forwarding = 0, declared true",
    steps: ["sysctl net.ipv6.conf.all.forwarding=1"],
  },
  {
    argument: "Bridge.forward of IPv6, a rule",
    spoil: ["ip6 filter: /-o br_dr6/d"],
    resource: "home6",
    says: "forward: found no rule in ip6 FORWARD that accepts -o br_dr6, declared true",
    steps: ["ip6 filter FORWARD first: -o br_dr6 -j ACCEPT"],
  },
  {
    argument: "Bridge.masquerade of IPv6",
    spoil: ["ip6 nat: s/-s fd00:7::.64/-s fd00:9::\\/64/"],
    resource: "home6",
    says: "masquerade: found fd00:9::/64, declared fd00:7::/64",
    steps: [
      "ip6 nat POSTROUTING gone: -s fd00:9::/64 -j MASQUERADE",
      "ip6 nat POSTROUTING last: -s fd00:7::/64 -j MASQUERADE",
    ],
  },
  {
    argument: "VethPair.peer.addresses of IPv6",
    spoil: [inNamespace("addr del fd00:7::11/64 dev eth6")],
    resource: "cable6",
    says: "peer.addresses: found 10.7.5.11/24, declared fd00:7::11/64, 10.7.5.11/24",
    steps: [inNamespace("addr add fd00:7::11/64 dev eth6 nodad")],
  },
  {
    argument: "VethPair.peer.gateway of IPv6",
    spoil: [inNamespace("route replace ::/0 via fd00:7::9 dev eth6 proto 104")],
    resource: "cable6",
    says: "peer.gateway: found fd00:7::9, declared fd00:7::1",
    steps: [inNamespace("route replace ::/0 via fd00:7::1 dev eth6 proto 104")],
  },
  {
    argument: "VethPair.peer.routes of IPv6",
    spoil: [inNamespace("route del fd00:8::/48")],
    resource: "cable6",
    says: "peer.routes: found none, declared fd00:8::/48 via fe80::1",
    steps: [inNamespace("route replace fd00:8::/48 via fe80::1 dev eth6 proto 104")],
  },
  {
    argument: "VethPair.peer, set down, which takes what is IPv6's",
    spoil: [inNamespace("link set dev eth6 down")],
    resource: "cable6",
    says: "peer.addresses: found 10.7.5.11/24, declared fd00:7::11/64, 10.7.5.11/24",
    more: [
      "state of eth6: found down, declared up",
      "peer.gateway: found none, declared fd00:7::1",
      "peer.routes: found none, declared fd00:8::/48 via fe80::1",
    ],
    steps: [
      inNamespace("addr add fd00:7::11/64 dev eth6 nodad"),
      inNamespace("link set dev eth6 up"),
      inNamespace("route replace ::/0 via fd00:7::1 dev eth6 proto 104"),
      inNamespace("route replace fd00:8::/48 via fe80::1 dev eth6 proto 104"),
    ],
  },
];
