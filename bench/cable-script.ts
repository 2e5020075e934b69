import { CABLE_BRIDGE, CABLE_PEER, type CablePlan, needBridge } from "./programs/cable-plan.js";

const { name: BRIDGE, address: BRIDGE_ADDRESS } = CABLE_BRIDGE;

/** On the host. */
const addBridge = (plans: readonly CablePlan[]) =>
  needBridge(plans)
    ? [`link add ${BRIDGE} type bridge`, `addr add ${BRIDGE_ADDRESS} dev ${BRIDGE}`, `link set ${BRIDGE} up`]
    : [];
const addCable = ({ namespace, veth, hostAddress }: CablePlan) => [
  `netns add ${namespace}`,
  `link add ${veth} type veth peer name ${CABLE_PEER} netns ${namespace}`,
  ...(hostAddress
    ? [`addr add ${hostAddress} dev ${veth}`, `link set ${veth} up`]
    : [`link set ${veth} master ${BRIDGE} up`]),
];
/** In the namespace. */
const setUpPeer = ({ address, gateway }: CablePlan) => [
  "link set lo up",
  `addr add ${address} dev ${CABLE_PEER}`,
  `link set ${CABLE_PEER} up`,
  `route add default via ${gateway}`,
];
const removeCable = ({ namespace, veth }: CablePlan) => [`link del ${veth}`, `netns del ${namespace}`];
const removeBridge = (plans: readonly CablePlan[]) => (needBridge(plans) ? [`link del ${BRIDGE}`] : []);

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
      ...ip(addBridge(plans)),
      ...plans.flatMap((plan) => [...ip(addCable(plan)), ...ip(setUpPeer(plan), `-n ${plan.namespace} `)]),
    ]),
    destroy: script(ip([...plans.flatMap(removeCable), ...removeBridge(plans)])),
  };
};

/** A process of `ip -batch` for the host, and one for each namespace. */
export const batchScripts = (plans: readonly CablePlan[]): Scripts => {
  const batch = (lines: readonly string[], options = "") => `ip ${options}-batch - <<END\n${lines.join("\n")}\nEND`;
  return {
    up: script([
      batch([...addBridge(plans), ...plans.flatMap(addCable)]),
      ...plans.map((plan) => batch(setUpPeer(plan), `-n ${plan.namespace} `)),
    ]),
    destroy: script([batch([...plans.flatMap(removeCable), ...removeBridge(plans)])]),
  };
};

const script = (lines: readonly string[]) => `set -e\n${lines.join("\n")}\n`;
