/** A change by hand to one argument, what a preview must say of it, and the steps that mend it. */
export interface Row {
  argument: string;
  /**
   * Command lines. `table: EXPRESSION` edits a table's rules, as iptables-save prints them, by sed.
   */
  spoil: string[];
  /** Which resource, and `ARGUMENT: found X, declared Y`. */
  resource: string;
  says: string | RegExp;
  /** What else it says, of other arguments. */
  more?: string[];
  steps: string[];
  /** Resources that are judged by what is wrong; nothing is done for them. */
  follow?: string[];
}

const linkSet = (name: string, now: string) => `ip link set dev ${name} ${now}`;
const inNamespace = (line: string) => `ip -n ns_dr ${line}`;

export const LINK_ROWS: Row[] = [
  {
    argument: "Bridge.addresses, one is missing",
    spoil: ["ip addr del 10.7.1.1/24 dev br_dr"],
    resource: "home",
    says: "addresses: found 10.7.0.1/24, declared 10.7.0.1/24, 10.7.1.1/24",
    steps: ["ip addr add 10.7.1.1/24 dev br_dr"],
  },
  {
    argument: "Bridge.addresses, one is not declared",
    spoil: ["ip addr add 10.7.6.1/24 dev br_dr"],
    resource: "home",
    says: "addresses: found 10.7.0.1/24, 10.7.1.1/24, 10.7.6.1/24, declared 10.7.0.1/24, 10.7.1.1/24",
    steps: [
      "ip addr del 10.7.6.1/24 dev br_dr",
      "ip addr replace 10.7.0.1/24 dev br_dr",
      "ip addr replace 10.7.1.1/24 dev br_dr",
    ],
  },
  {
    argument: "Bridge.mtu",
    spoil: [linkSet("br_dr", "mtu 1300")],
    resource: "home",
    says: "mtu: found 1300, declared 1400",
    steps: [linkSet("br_dr", "mtu 1400")],
  },
  {
    argument: "Bridge.macAddress",
    spoil: [linkSet("br_dr", "address 02:00:00:00:07:ff")],
    resource: "home",
    says: "macAddress: found 02:00:00:00:07:ff, declared 02:00:00:00:07:0a",
    steps: [linkSet("br_dr", "address 02:00:00:00:07:0a")],
  },
  {
    argument: "Bridge.stp",
    spoil: [linkSet("br_dr", "type bridge stp_state 0")],
    resource: "home",
    says: "stp: found false, declared true",
    steps: [linkSet("br_dr", "type bridge stp_state 1")],
  },
  {
    argument: "Bridge.vlanFiltering",
    spoil: [linkSet("br_dr", "type bridge vlan_filtering 1")],
    resource: "home",
    says: "vlanFiltering: found true, declared false",
    steps: [linkSet("br_dr", "type bridge vlan_filtering 0")],
  },
  {
    argument: "Bridge.promiscuous",
    spoil: [linkSet("br_dr", "promisc on")],
    resource: "home",
    says: "promiscuous: found true, declared false",
    steps: [linkSet("br_dr", "promisc off")],
  },
  {
    argument: "Bridge's state",
    spoil: [linkSet("br_dr", "down")],
    resource: "home",
    says: "state of br_dr: found down, declared up",
    steps: [linkSet("br_dr", "up")],
  },
  {
    argument: "NetNamespace.nameservers",
    spoil: ["sed -i s/10.7.0.53/8.8.4.4/ /etc/netns/ns_dr/resolv.conf"],
    resource: "ns",
    says: "nameservers: found 8.8.4.4, 10.7.0.54, declared 10.7.0.53, 10.7.0.54",
    steps: ["/etc/netns/ns_dr/resolv.conf written"],
  },
  {
    argument: "NetNamespace.searchDomains",
    spoil: ["sed -i /^search/d /etc/netns/ns_dr/resolv.conf"],
    resource: "ns",
    says: "searchDomains: found none, declared cluster.local, lan",
    steps: ["/etc/netns/ns_dr/resolv.conf written"],
  },
  {
    argument: "NetNamespace.sysctls",
    spoil: ["ip netns exec ns_dr sysctl -qw net.ipv4.ip_forward=0"],
    resource: "ns",
    says: "sysctls.net.ipv4.ip_forward: found 0, declared 1",
    steps: ["in ns_dr: sysctl net.ipv4.ip_forward=1"],
  },
  {
    argument: "VethPair.bridge",
    spoil: [linkSet("v_dr", "nomaster")],
    resource: "cable",
    says: "bridge: found none, declared br_dr",
    steps: [linkSet("v_dr", "master br_dr"), linkSet("v_dr", "type bridge_slave hairpin on")],
  },
  {
    argument: "VethPair.bridge, another one",
    spoil: [linkSet("v_dr", "master br_others")],
    resource: "cable",
    says: "bridge: found br_others, declared br_dr",
    steps: [linkSet("v_dr", "master br_dr"), linkSet("v_dr", "type bridge_slave hairpin on")],
  },
  {
    argument: "VethPair.hairpin",
    spoil: [linkSet("v_dr", "type bridge_slave hairpin off")],
    resource: "cable",
    says: "hairpin: found false, declared true",
    steps: [linkSet("v_dr", "type bridge_slave hairpin on")],
  },
  {
    argument: "VethPair.addresses",
    spoil: ["ip addr add 10.7.9.9/30 dev v_free"],
    resource: "free",
    says: "addresses: found 10.7.9.1/30, 10.7.9.9/30, declared 10.7.9.1/30",
    steps: ["ip addr del 10.7.9.9/30 dev v_free", "ip addr replace 10.7.9.1/30 dev v_free"],
  },
  {
    argument: "VethPair.mtu, at the host's end",
    spoil: [linkSet("v_dr", "mtu 1390")],
    resource: "cable",
    says: "mtu: found 1390, declared 1400",
    steps: [linkSet("v_dr", "mtu 1400")],
  },
  {
    argument: "VethPair.mtu, at the peer",
    spoil: [inNamespace("link set dev eth0 mtu 1390")],
    resource: "cable",
    says: "mtu: found 1390, declared 1400",
    steps: [inNamespace("link set dev eth0 mtu 1400")],
  },
  {
    argument: "VethPair.macAddress",
    spoil: [linkSet("v_dr", "address 02:00:00:00:07:ff")],
    resource: "cable",
    says: "macAddress: found 02:00:00:00:07:ff, declared 02:00:00:00:07:0b",
    steps: [linkSet("v_dr", "address 02:00:00:00:07:0b")],
  },
  {
    argument: "VethPair.peer.macAddress",
    spoil: [inNamespace("link set dev eth0 address 02:00:00:00:07:ff")],
    resource: "cable",
    says: "peer.macAddress: found 02:00:00:00:07:ff, declared 02:00:00:00:07:0c",
    steps: [inNamespace("link set dev eth0 address 02:00:00:00:07:0c")],
  },
  {
    argument: "VethPair.peer.addresses",
    spoil: [inNamespace("addr add 10.7.7.7/24 dev eth0")],
    resource: "cable",
    says: "peer.addresses: found 10.7.0.11/24, 10.7.7.7/24, declared 10.7.0.11/24",
    // The kernel may take routes with an address, so those are set again
    steps: [
      inNamespace("addr del 10.7.7.7/24 dev eth0"),
      inNamespace("addr replace 10.7.0.11/24 dev eth0"),
      inNamespace("route replace 10.9.9.9/32 dev eth0 proto 104"),
      inNamespace("route replace default via 10.7.0.1 dev eth0 proto 104"),
      inNamespace("route replace 10.8.0.0/16 via 10.7.0.1 dev eth0 proto 104"),
    ],
  },
  {
    argument: "VethPair.peer.gateway",
    spoil: [inNamespace("route replace default via 10.7.0.9 dev eth0 proto 104")],
    resource: "cable",
    says: "peer.gateway: found 10.7.0.9, declared 10.7.0.1",
    steps: [inNamespace("route replace default via 10.7.0.1 dev eth0 proto 104")],
  },
  {
    argument: "VethPair.peer.gateway, none",
    spoil: [inNamespace("route del default")],
    resource: "cable",
    says: "peer.gateway: found none, declared 10.7.0.1",
    steps: [inNamespace("route replace default via 10.7.0.1 dev eth0 proto 104")],
  },
  {
    argument: "VethPair.peer.routes",
    spoil: [inNamespace("route del 10.8.0.0/16")],
    resource: "cable",
    says: "peer.routes: found 10.9.9.9/32, declared 10.8.0.0/16 via 10.7.0.1, 10.9.9.9/32",
    steps: [inNamespace("route replace 10.8.0.0/16 via 10.7.0.1 dev eth0 proto 104")],
  },
  {
    argument: "Macvlan.mode",
    spoil: [linkSet("mv_dr", "type macvlan mode vepa")],
    resource: "lan",
    says: "mode: found vepa, declared private",
    steps: [linkSet("mv_dr", "type macvlan mode private")],
  },
  {
    argument: "Macvlan.addresses",
    spoil: ["ip addr del 10.7.8.1/24 dev mv_dr"],
    resource: "lan",
    says: "addresses: found none, declared 10.7.8.1/24",
    steps: ["ip addr add 10.7.8.1/24 dev mv_dr"],
  },
  {
    argument: "Macvlan.mtu",
    spoil: [linkSet("mv_dr", "mtu 1290")],
    resource: "lan",
    says: "mtu: found 1290, declared 1300",
    steps: [linkSet("mv_dr", "mtu 1300")],
  },
  {
    argument: "Macvlan.macAddress",
    spoil: [linkSet("mv_dr", "address 02:00:00:00:07:ff")],
    resource: "lan",
    says: "macAddress: found 02:00:00:00:07:ff, declared 02:00:00:00:07:0d",
    steps: [linkSet("mv_dr", "address 02:00:00:00:07:0d")],
  },
  {
    argument: "Macvlan's state",
    spoil: [linkSet("mv_dr", "down")],
    resource: "lan",
    says: "state of mv_dr: found down, declared up",
    steps: [linkSet("mv_dr", "up")],
  },
];
