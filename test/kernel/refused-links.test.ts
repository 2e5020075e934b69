import { describeWords, type Situation, turnIp6Off } from "../support/situation.js";

/** Another interface, with another name besides. */
const OTHER = "ip link add name o type veth peer name oo; ip link property add dev o altname other";
const IP6_OFF = { made: turnIp6Off("all", 1), gone: turnIp6Off("all", 0) };
const NS_OFF = { made: `ip netns add n; ip netns exec n ${turnIp6Off("all", 1)}`, gone: "ip netns del n" };
const NS = { made: "ip netns add n", gone: "ip netns del n" };
const WITH_OTHER = { made: OTHER, gone: "ip link del o" };

const altname = (name: string, on: string, flags = "") =>
  `"${name}" is an alternative name of interface ${on}: give this one another name, or take that one away (ip ${flags}link property del dev o altname ${name})`;
const isFirstName = `"other" is an alternative name of interface o: write "o"`;
const offForNew = (address: string) =>
  `"${address}" is of IPv6, which is off on each new interface of this host: turn it on (sysctl -w net.ipv6.conf.default.disable_ipv6=0), or leave IPv6 out`;
const offAt = (address: string, dev: string, name = dev) =>
  `"${address}" is of IPv6, which is off on ${name}: turn it on there (net.ipv6.conf.default.disable_ipv6=0 and net.ipv6.conf.${dev}.disable_ipv6=0), or leave IPv6 out`;
const hasIt = (address: string, held: string) =>
  `"${address}" is an address of interface o already, and the kernel would send to one of the two alone: choose another, or take it from there (${held} dev o)`;
const TWIN = `another link on top of the same one has that of "mv" already: choose another, or leave it out`;
const NO_ROUTER =
  "is no next hop for p in n: it is in none of its networks, or an address of its own, or that of all hosts: name a router in a network of peer.addresses";

const SITUATIONS: Record<string, Situation> = {
  "IPv6 is off, and a bridge has an address of it": {
    ...IP6_OFF,
    kind: "bridge",
    args: { name: "br", addresses: ["10.1.0.1/24", "fd00::1/64"] },
    preview: ["addresses[1]", offForNew("fd00::1/64")],
    up: `addresses: ${offAt("fd00::1/64", "br")}`,
  },
  "IPv6 is off for new interfaces alone": {
    made: turnIp6Off("default", 1),
    gone: turnIp6Off("default", 0),
    kind: "vethPair",
    args: { name: "v.1", addresses: ["fd00::1/64"], peer: { name: "p" } },
    preview: ["addresses[0]", offForNew("fd00::1/64")],
    up: `addresses: ${offAt("fd00::1/64", "v/1", "v.1")}`,
  },
  "IPv6 is off, and the other end on the host has an address of it": {
    ...IP6_OFF,
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", addresses: ["fd00::1/64"] } },
    preview: ["peer.addresses[0]", offForNew("fd00::1/64")],
    up: `addresses: ${offAt("fd00::1/64", "p")}`,
  },
  "IPv6 is off in a namespace": {
    ...NS_OFF,
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", namespace: "n", addresses: ["10.1.0.2/24", "fd00::2/64"] } },
    up: `peer.addresses: ${offAt("fd00::2/64", "p", "p in n")}`,
  },
  "IPv6 is off in a namespace that a route of it is for": {
    ...NS_OFF,
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", namespace: "n", routes: [{ to: "fd01::/64" }] } },
    up: `peer.routes: ${offAt("fd01::/64", "p", "p in n")}`,
  },
  "IPv6 is off, and services have a range of it": {
    ...IP6_OFF,
    kind: "natChain",
    args: { name: "C", vipRange: "fd01::/112" },
    preview: [
      "vipRange",
      `"fd01::/112" is of IPv6, which is off on lo of this host: turn it on (sysctl -w net.ipv6.conf.lo.disable_ipv6=0), or leave IPv6 out`,
    ],
    up: `vipRange: "fd01::/112" is of IPv6, which is off on lo: turn it on there (net.ipv6.conf.lo.disable_ipv6=0), or leave IPv6 out`,
  },
  "a bridge's name is an alternative one of another interface": {
    ...WITH_OTHER,
    kind: "bridge",
    args: { name: "other" },
    preview: ["name", altname("other", "o")],
  },
  "the same, and it is to be adopted": {
    ...WITH_OTHER,
    kind: "bridge",
    args: { name: "other", adopt: true },
    preview: ["name", altname("other", "o")],
  },
  "a macvlan's name is one": {
    ...WITH_OTHER,
    kind: "macvlan",
    args: { name: "other", link: "o" },
    preview: ["name", altname("other", "o")],
  },
  "a pair's name is one": {
    ...WITH_OTHER,
    kind: "vethPair",
    args: { name: "other", peer: { name: "p" } },
    preview: ["name", altname("other", "o")],
  },
  "a peer's name is one in its namespace": {
    made: "ip netns add n; ip -n n link add name o type bridge; ip -n n link property add dev o altname other",
    gone: "ip netns del n",
    kind: "vethPair",
    args: { name: "v", peer: { name: "other", namespace: "n" } },
    preview: ["peer.name", altname("other", "o in n", "-n n ")],
  },
  "`bridge` is one": {
    made: "ip link add name o type bridge; ip link property add dev o altname other",
    gone: "ip link del o",
    kind: "vethPair",
    args: { name: "v", bridge: "other", peer: { name: "p" } },
    preview: ["bridge", isFirstName],
  },
  "`link` is one": {
    ...WITH_OTHER,
    kind: "macvlan",
    args: { name: "mv", link: "other" },
    preview: ["link", isFirstName],
  },
  "another interface has a bridge's address": {
    made: "ip link add name o type bridge; ip addr add 10.1.0.1/24 dev o",
    gone: "ip link del o",
    kind: "bridge",
    args: { name: "br", addresses: ["10.2.0.1/24", "10.1.0.1/16"] },
    preview: ["addresses[1]", hasIt("10.1.0.1/16", "ip addr del 10.1.0.1/24")],
    up: null,
  },
  "another interface of its namespace has a peer's": {
    made: "ip netns add n; ip -n n link add name o type bridge; ip -n n addr add fd00::1/64 dev o nodad",
    gone: "ip netns del n",
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", namespace: "n", addresses: ["fd00::1/64"] } },
    preview: ["peer.addresses[0]", hasIt("fd00::1/64", "ip -n n addr del fd00::1/64")],
    up: null,
  },
  "`bridge` is no bridge": {
    ...WITH_OTHER,
    kind: "vethPair",
    args: { name: "v", bridge: "o", peer: { name: "p" } },
    preview: ["bridge", `"o" is a link of kind veth, and only a bridge has ports: name a bridge`],
  },
  "a bridge is full": {
    // Two ports a pair, and one of the last.
    made: `ip link add name o type bridge
      for i in $(seq 512); do echo "link add name a$i type veth peer name b$i"; done | ip -batch -
      for i in $(seq 512); do echo "link set a$i master o"; [ $i = 512 ] || echo "link set b$i master o"; done | ip -batch -`,
    gone: `for i in $(seq 512); do echo "link set a$i group 77"; done | ip -batch -
      ip link del group 77; ip link del o`,
    kind: "vethPair",
    args: { name: "v", bridge: "o", peer: { name: "p" } },
    preview: [
      "bridge",
      `"o" has all the 1023 ports that the kernel gives a bridge: give this pair another bridge, or take a port from that one`,
    ],
  },
  "a macvlan is to be on what is no Ethernet link": {
    made: "ip tuntap add dev o mode tun",
    gone: "ip link del o",
    kind: "macvlan",
    args: { name: "mv", link: "o" },
    preview: ["link", `"o" is of type none, and the kernel puts a macvlan on an Ethernet link only: name one`],
  },
  "another macvlan has the MAC address": {
    made: `${OTHER}; ip link add m2 link o address 02:00:00:00:00:99 type macvlan mode bridge; ip link set m2 up`,
    gone: "ip link del o",
    kind: "macvlan",
    args: { name: "mv", link: "o", macAddress: "02:00:00:00:00:99" },
    preview: ["macAddress", "02:00:00:00:00:99 is that of m2, on o too: choose another, or leave it out"],
    up: `macAddress: ${TWIN}`,
  },
  "another macvlan has it, in a namespace": {
    made: `${OTHER}; ip netns add n
      ip link add m2 link o address 02:00:00:00:00:99 netns n type macvlan mode bridge; ip -n n link set m2 up`,
    gone: "ip link del o; ip netns del n",
    kind: "macvlan",
    args: { name: "mv", link: "o", macAddress: "02:00:00:00:00:99" },
    up: `macAddress: ${TWIN}`,
  },
  "a gateway is the address of all hosts": {
    ...NS,
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", namespace: "n", addresses: ["10.1.0.2/24"], gateway: "10.1.0.255" } },
    preview: ["peer.gateway", `"10.1.0.255" is the address of all hosts of 10.1.0.2/24: write that of a router`],
    up: `peer.gateway: "10.1.0.255" ${NO_ROUTER}`,
  },
  "a gateway is the end itself": {
    ...NS,
    kind: "vethPair",
    args: { name: "v", peer: { name: "p", namespace: "n", addresses: ["fd00::2/64"], gateway: "fd00::2" } },
    preview: ["peer.gateway", `"fd00::2" is an address of "p" itself: write that of a router`],
    up: `peer.gateway: "fd00::2" ${NO_ROUTER}`,
  },
};

describeWords(SITUATIONS);
