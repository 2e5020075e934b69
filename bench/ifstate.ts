/** ifstate, the declarative peer: https://ifstate.net. */
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { CABLE_BRIDGE, CABLE_PEER, type CablePlan, needBridge } from "./programs/cable-plan.js";

/** The first digit is its configuration's version. The extra makes it faster. */
export const IFSTATE = "ifstate[rust]==2.5.1";
const INSTALL_MS = 180_000;

/** Installs it from PyPI into a venv in a folder. Returns its command, or why there is none. */
export async function installIfstate(folder: string): Promise<{ command: string } | { missing: string }> {
  const venv = join(folder, "venv");
  const steps = [
    ["python3", "-m", "venv", venv],
    [join(venv, "bin/pip"), "install", "--quiet", "--disable-pip-version-check", IFSTATE],
  ];
  for (const [file, ...args] of steps) {
    const { failed, stderr, stdout, shortMessage } = await execa(file!, args, { reject: false, timeout: INSTALL_MS });
    const words = `${stderr}\n${stdout}`.trim().split("\n").at(-1);
    if (failed) return { missing: `${IFSTATE} can't be installed from PyPI: ${words || shortMessage}` };
  }
  return { command: join(venv, "bin/ifstatecli") };
}

/**
 * What its user writes. By default it also looks at each link's neighbours, forwarding database and
 * traffic control. That doubles its time, and the other contenders don't.
 */
export function ifstateConfig(plans: readonly CablePlan[]): string {
  const { name, address } = CABLE_BRIDGE;
  const bridge = { [name]: { link: { kind: "bridge", state: "up" }, addresses: [address] } };
  const link = { kind: "veth", state: "up" };
  const hostEnd = ({ namespace, veth, hostAddress }: CablePlan) => {
    const cable = { ...link, peer: CABLE_PEER, peer_netns: namespace };
    return [veth, hostAddress ? { link: cable, addresses: [hostAddress] } : { link: { ...cable, master: name } }];
  };
  const inside = ({ namespace, veth, address, gateway }: CablePlan) => {
    const end = { link: { ...link, peer: veth, peer_netns: null }, addresses: [address] };
    return [namespace, { interfaces: { [CABLE_PEER]: end }, routing: { routes: [{ to: "0.0.0.0/0", via: gateway }] } }];
  };
  return stringify({
    parameters: { defaults: [{ match: [{ ifname: "" }], clear_addresses: true }] },
    interfaces: { ...(needBridge(plans) ? bridge : {}), ...Object.fromEntries(plans.map(hostEnd)) },
    namespaces: Object.fromEntries(plans.map(inside)),
  });
}

/** It has no command that takes all away: it removes what an empty configuration doesn't have. */
export const IFSTATE_EMPTY = "interfaces: {}\n";
