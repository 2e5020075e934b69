import { BRIDGE, CHAIN, GATEWAY, NAMESERVERS, PORT, type PodPlan, PREFIX_LENGTH, VIP_RANGE } from "./programs/plan.js";

/** The same pods as a shell script, one command after another, as the article types them. */
export const upScript = (pods: readonly PodPlan[]): string =>
  script([...makeBase(), ...pods.flatMap((pod) => [...makePod(pod), ...makeService(pod)])]);

/** What all pods share. */
export function makeBase(): string[] {
  const { name, addresses, masquerade } = BRIDGE;
  return [
    `ip link add ${name} type bridge`,
    `ip addr add ${addresses[0]} dev ${name}`,
    `ip link set ${name} up`,
    "sysctl -q -w net.ipv4.ip_forward=1",
    `iptables -A FORWARD -i ${name} -j ACCEPT`,
    `iptables -A FORWARD -o ${name} -j ACCEPT`,
    ...masquerade.map((source) => `iptables -t nat -A POSTROUTING -s ${source} -j MASQUERADE`),
    `iptables -t nat -N ${CHAIN.name}`,
    ...CHAIN.hooks.map((hook) => `iptables -t nat -A ${hook} -j ${CHAIN.name}`),
    `ip route add ${VIP_RANGE} dev lo`,
  ];
}

export function makePod({ namespace, veth, peer, address }: PodPlan): string[] {
  return [
    `ip netns add ${namespace}`,
    `mkdir -p /etc/netns/${namespace}`,
    `echo "nameserver ${NAMESERVERS[0]}" > /etc/netns/${namespace}/resolv.conf`,
    `ip netns exec ${namespace} ip link set dev lo up`,
    `ip link add ${veth} type veth peer name ${peer}`,
    `ip link set ${peer} netns ${namespace}`,
    `ip netns exec ${namespace} ip addr add ${address}/${PREFIX_LENGTH} dev ${peer}`,
    `ip netns exec ${namespace} ip link set dev ${peer} up`,
    `ip link set dev ${veth} master ${BRIDGE.name}`,
    `bridge link set dev ${veth} hairpin on`,
    `ip link set dev ${veth} up`,
    `ip netns exec ${namespace} ip route add default via ${GATEWAY}`,
  ];
}

const serviceChain = ({ service }: PodPlan) => `BENCH-SVC-${service}`;
const endpointChain = ({ endpoint }: PodPlan) => `BENCH-SEP-${endpoint}`;

export function makeService(pod: PodPlan): string[] {
  return [
    `iptables -t nat -N ${serviceChain(pod)}`,
    `iptables -t nat -A ${CHAIN.name} -d ${pod.vip} -p tcp -m tcp --dport ${PORT} -j ${serviceChain(pod)}`,
    `iptables -t nat -N ${endpointChain(pod)}`,
    `iptables -t nat -A ${endpointChain(pod)} -p tcp -m tcp -j DNAT --to-destination ${pod.address}:${PORT}`,
    `iptables -t nat -A ${serviceChain(pod)} -j ${endpointChain(pod)}`,
  ];
}

/** Takes all of it away again, one command after another. */
export const destroyScript = (pods: readonly PodPlan[]): string =>
  script([...pods.flatMap((pod) => [...removeService(pod), ...removePod(pod)]), ...removeBase()]);

export function removeBase(): string[] {
  const { name, masquerade } = BRIDGE;
  return [
    `ip route del ${VIP_RANGE} dev lo`,
    ...CHAIN.hooks.map((hook) => `iptables -t nat -D ${hook} -j ${CHAIN.name}`),
    `iptables -t nat -X ${CHAIN.name}`,
    ...masquerade.map((source) => `iptables -t nat -D POSTROUTING -s ${source} -j MASQUERADE`),
    `iptables -D FORWARD -o ${name} -j ACCEPT`,
    `iptables -D FORWARD -i ${name} -j ACCEPT`,
    "sysctl -q -w net.ipv4.ip_forward=0",
    `ip link del ${name}`,
    "rmdir /etc/netns",
  ];
}

export function removePod({ namespace, veth }: PodPlan): string[] {
  return [
    `ip link del ${veth}`,
    `ip netns del ${namespace}`,
    `rm /etc/netns/${namespace}/resolv.conf`,
    `rmdir /etc/netns/${namespace}`,
  ];
}

export function removeService(pod: PodPlan): string[] {
  return [
    `iptables -t nat -D ${CHAIN.name} -d ${pod.vip} -p tcp -m tcp --dport ${PORT} -j ${serviceChain(pod)}`,
    `iptables -t nat -F ${serviceChain(pod)}`,
    `iptables -t nat -X ${serviceChain(pod)}`,
    `iptables -t nat -F ${endpointChain(pod)}`,
    `iptables -t nat -X ${endpointChain(pod)}`,
  ];
}

const script = (lines: readonly string[]) => `set -e\n${lines.join("\n")}\n`;
