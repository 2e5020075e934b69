import { run } from "../support/host.js";

/** Things of others on a host: how they come to be, and how they go again. */
export interface Others {
  what: string;
  /** Command lines; the input of a line is what stands behind ` <<< `. */
  make: string[];
  unmake: string[];
  /** Only an administrator of the machine may list these. */
  legacy?: boolean;
}

/** With counters, which a rule that is made anew would lose. */
const DOCKER = `*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
[7:420] -A FORWARD -j DOCKER-USER
[5:300] -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[4:240] -A FORWARD -o docker0 -j DOCKER
[1:60] -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
[7:420] -A DOCKER-USER -j RETURN
COMMIT
*nat
:DOCKER - [0:0]
[2:120] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
[3:180] -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
[9:540] -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
[0:0] -A DOCKER -i docker0 -j RETURN
COMMIT
`;

const BY_HAND = `*nat
:KUBE-SERVICES - [0:0]
:DUSTIN - [0:0]
[1:52] -A PREROUTING -i eth9 -p tcp -m tcp --dport 2222 -m comment --comment "by hand: \\"quoted\\", really" -j DNAT --to-destination 192.168.5.5:22
[2:99] -A PREROUTING -d 10.100.100.100/32 -p udp -m udp --dport 8080 -j DUSTIN
[8:800] -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -m mark --mark 0x4000/0x4000 -j ACCEPT
[1:1] -A DUSTIN -j RETURN
[1:1] -A DUSTIN -j RETURN
COMMIT
*mangle
[6:66] -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*raw
[1:11] -A PREROUTING -s 192.0.2.0/24 -j CT --notrack
COMMIT
`;

/** None of it is for what bridges here send by themselves, which would count. */
const DOCKER6 = `*filter
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
[7:420] -A FORWARD -i eth9 -j DOCKER-USER
[3:300] -A DOCKER-USER -j RETURN
COMMIT
*nat
:DUSTIN - [0:0]
[9:540] -A POSTROUTING -s fd00:172::/64 ! -o docker0 -j RETURN
[2:99] -A PREROUTING -d fd00:100::100/128 -p udp -m udp --dport 8080 -j DUSTIN
[1:1] -A DUSTIN -j RETURN
COMMIT
*mangle
[6:66] -A FORWARD -i eth9 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
`;

const FIREWALLD = `table inet firewalld {
  counter drops { packets 5 bytes 55 }
  set trusted { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 192.168.0.0/16 }; }
  map zones { type ifname : verdict; elements = { "eth9" : drop }; }
  chain filter_INPUT { type filter hook input priority filter + 10; policy accept; iifname vmap @zones; ct state invalid drop; }
  chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; ip saddr @trusted counter accept; }
}
table ip lonely { comment "nobody's, and empty" ; }
table ip6 nat { chain PREROUTING { type nat hook prerouting priority dstnat; }; }
`;

const LEGACY = `*filter
:LEGACY-OWN - [0:0]
[3:33] -A INPUT -p udp -m udp --dport 9 -j LEGACY-OWN
[0:0] -A LEGACY-OWN -j DROP
COMMIT
*nat
[2:22] -A POSTROUTING -s 10.55.0.0/16 -j MASQUERADE
COMMIT
`;

const dropTables = (...names: string[]) => names.map((name) => `nft delete table ip ${name}`);

export const OTHERS: Others[] = [
  {
    what: "Docker's rules, forwarding denied",
    make: [`iptables-restore --noflush --counters <<< ${DOCKER}`],
    // Where they have come since, forwarding stays on for them.
    unmake: [...dropTables("filter", "nat"), "sysctl -qw net.ipv4.ip_forward=0"],
  },
  {
    what: "rules and chains by hand",
    make: [`iptables-restore --noflush --counters <<< ${BY_HAND}`],
    unmake: [...dropTables("nat", "mangle", "raw"), "sysctl -qw net.ipv4.ip_forward=0"],
  },
  {
    what: "IPv6 rules of Docker and by hand, forwarding denied",
    make: [`ip6tables-restore --noflush --counters <<< ${DOCKER6}`],
    unmake: ["filter", "nat", "mangle"].map((name) => `nft delete table ip6 ${name}`),
  },
  {
    what: "IPv6 rules of ip6tables-legacy",
    legacy: true,
    make: [`ip6tables-legacy-restore --noflush --counters <<< ${LEGACY.replace("10.55.0.0/16", "fd00:55::/64")}`],
    unmake: ["ip6tables-legacy -F", "ip6tables-legacy -X", "ip6tables-legacy -t nat -F"],
  },
  {
    what: "nft tables of firewalld's kind",
    make: [`nft -f - <<< ${FIREWALLD}`],
    unmake: [`nft -f - <<< delete table inet firewalld\ndelete table ip lonely\ndelete table ip6 nat\n`],
  },
  {
    what: "a set and a chain of nft's in iptables' own table nat",
    make: [
      "nft -f - <<< add table ip nat\nadd set ip nat others { type ipv4_addr; }\nadd element ip nat others { 192.0.2.1 }\n",
    ],
    unmake: dropTables("nat"),
  },
  {
    what: "rules of iptables-legacy",
    legacy: true,
    make: [`iptables-legacy-restore --noflush --counters <<< ${LEGACY}`],
    unmake: ["iptables-legacy -F", "iptables-legacy -X", "iptables-legacy -t nat -F"],
  },
  {
    what: "links",
    make: [
      "ip link add br_others address 02:00:00:00:99:01 type bridge",
      "ip link add v_others type veth peer name v_others_p",
      "ip link set v_others master br_others alias managed-by-somebody",
      "ip link set v_others_p mtu 1280",
      "ip addr add 192.168.99.1/24 dev br_others",
      "ip addr add fd00:99::1/64 dev br_others nodad",
    ],
    unmake: ["ip link del v_others", "ip link del br_others"],
  },
  {
    what: "a namespace with all that can be in one",
    make: [
      "ip netns add others",
      "ip -n others link set lo up alias somebody",
      "ip -n others link add eth0 address 02:00:00:00:99:02 type bridge",
      "ip -n others addr add 192.168.98.2/24 dev eth0",
      "ip -n others link set eth0 up",
      "ip -n others route add default via 192.168.98.1",
      "ip netns exec others sysctl -qw net.ipv4.ip_forward=1",
      "ip netns exec others iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 192.168.98.9",
      "mkdir -p /etc/netns/others",
      "tee /etc/netns/others/resolv.conf <<< nameserver 192.168.98.1\n",
    ],
    unmake: ["ip netns del others", "rm -r /etc/netns"],
  },
  {
    what: "a file in /run/netns that is no namespace",
    make: ["tee /run/netns/stale <<< "],
    unmake: ["rm /run/netns/stale"],
  },
  {
    what: "routes and rules of routing",
    make: [
      "ip route add blackhole 10.111.0.0/16",
      "ip route add 10.112.0.0/16 dev lo metric 50",
      "ip route add 10.100.0.0/16 dev lo proto static metric 900",
      "ip route add default dev lo table 100",
      "ip rule add from 10.0.0.0/24 lookup 100 priority 500",
      "ip route add blackhole fd00:111::/48",
      "ip route add fd00:112::/48 dev lo proto static metric 50",
    ],
    unmake: [
      "ip route del fd00:112::/48 dev lo",
      "ip route del blackhole fd00:111::/48",
      "ip rule del priority 500",
      "ip route del default table 100",
      "ip route del 10.100.0.0/16",
      "ip route del 10.112.0.0/16",
      "ip route del blackhole 10.111.0.0/16",
    ],
  },
  {
    what: "switches that somebody has set",
    make: ["sysctl -qw net.ipv4.ip_forward=1", "sysctl -qw net.ipv4.conf.lo.rp_filter=2"],
    unmake: ["sysctl -qw net.ipv4.conf.lo.rp_filter=0", "sysctl -qw net.ipv4.ip_forward=0"],
  },
];

export async function byHand(lines: string[]): Promise<void> {
  for (const line of lines) {
    const [command = "", input] = line.split(" <<< ");
    const { exitCode, stderr } = await run(command.trim().split(" "), input === undefined ? {} : { input });
    if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
  }
}
