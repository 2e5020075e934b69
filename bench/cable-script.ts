import { CABLE_BRIDGE, CABLE_GATEWAY, CABLE_PEER, type CablePlan } from "./programs/cable-plan.js";

const { name: BRIDGE, addresses: BRIDGE_ADDRESSES } = CABLE_BRIDGE;

const addBridge = [
  `link add ${BRIDGE} type bridge`,
  ...BRIDGE_ADDRESSES.map((address) => `addr add ${address} dev ${BRIDGE}`),
  `link set ${BRIDGE} up`,
];
/** On the host. */
const addCable = ({ namespace, veth }: CablePlan) => [
  `netns add ${namespace}`,
  `link add ${veth} type veth peer name ${CABLE_PEER} netns ${namespace}`,
  `link set ${veth} master ${BRIDGE} up`,
];
/** In the namespace. */
const setUpPeer = ({ address }: CablePlan) => [
  "link set lo up",
  `addr add ${address} dev ${CABLE_PEER}`,
  `link set ${CABLE_PEER} up`,
  `route add default via ${CABLE_GATEWAY}`,
];
const removeCable = ({ namespace, veth }: CablePlan) => [`link del ${veth}`, `netns del ${namespace}`];
const removeBridge = [`link del ${BRIDGE}`];

/** A shell script, and the one that takes all of it away. */
export interface Scripts {
  up: string;
  destroy: string;
}

/** A process of `ip` for each command. */
export const plainScripts = (plans: readonly CablePlan[]): Scripts => {
  const ip = (lines: readonly string[], options = "") => lines.map((line) => `ip ${options}${line}`);
  return {
    up: script([
      ...ip(addBridge),
      ...plans.flatMap((plan) => [...ip(addCable(plan)), ...ip(setUpPeer(plan), `-n ${plan.namespace} `)]),
    ]),
    destroy: script(ip([...plans.flatMap(removeCable), ...removeBridge])),
  };
};

/** A process of `ip -batch` for the host, and one for each namespace. */
export const batchScripts = (plans: readonly CablePlan[]): Scripts => {
  const batch = (lines: readonly string[], options = "") => `ip ${options}-batch - <<END\n${lines.join("\n")}\nEND`;
  return {
    up: script([
      batch([...addBridge, ...plans.flatMap(addCable)]),
      ...plans.map((plan) => batch(setUpPeer(plan), `-n ${plan.namespace} `)),
    ]),
    destroy: script([batch([...plans.flatMap(removeCable), ...removeBridge])]),
  };
};

const script = (lines: readonly string[]) => `set -e\n${lines.join("\n")}\n`;
