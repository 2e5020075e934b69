import type { Sandbox } from "../sandbox/host.js";
import { CABLE_BRIDGE, CABLE_PEER, type CablePlan, needBridge } from "./programs/cable-plan.js";

interface Link {
  ifname: string;
  master?: string;
  flags: string[];
  addr_info: { family: string; local: string; prefixlen: number }[];
}
interface Route {
  dst: string;
  gateway?: string;
  dev: string;
}

/** Two lines of JSON for each place: its links with their addresses, and its IPv4 routes. */
const LOOK = `
look() { "$@" ip -j addr; "$@" ip -j -4 route; }
look env
for name in $(ls /run/netns); do echo "$name"; look nsenter --net=/run/netns/"$name"; done
`;

/**
 * Throws unless a throw-away host has exactly the namespaces of the plans, with their cables,
 * addresses and routes: a contender that makes less would be fast.
 */
export async function mustHaveCables(run: Sandbox["run"], plans: readonly CablePlan[]): Promise<void> {
  const { stdout, stderr, exitCode } = await run(["sh", "-c", LOOK]);
  if (exitCode !== 0) throw new Error(`the host can't be looked at: ${stderr}`);
  const found = described(stdout.trim().split("\n"));
  const wanted = wantedOf(plans);
  const wrong = [
    ...wanted.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !wanted.includes(line)).map((line) => `not wanted: ${line}`),
  ];
  if (wrong.length > 0) throw new Error(wrong.slice(0, 20).join("\n"));
}

/** A line for each link and route. */
function described(output: readonly string[]): string[] {
  let place = "host";
  return output.flatMap((line) => {
    if (!line.startsWith("[")) {
      place = line;
      return [];
    }
    return (JSON.parse(line) as (Link | Route)[]).map((each) => {
      if (!("ifname" in each)) return `${place}: ${[each.dst, each.gateway, each.dev].filter(Boolean).join(" ")}`;
      const addresses = each.addr_info
        .filter(({ family }) => family === "inet")
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
      const state = each.flags.includes("UP") ? "up" : "down";
      return `${place}: ${[each.ifname, state, each.master, ...addresses].filter(Boolean).join(" ")}`;
    });
  });
}

function wantedOf(plans: readonly CablePlan[]): string[] {
  const { name, address, network } = CABLE_BRIDGE;
  const loopback = "lo up 127.0.0.1/8";
  return [
    `host: ${loopback}`,
    ...(needBridge(plans) ? [`host: ${name} up ${address}`, `host: ${network} ${name}`] : []),
    ...plans.flatMap((plan) => [
      ...(plan.hostAddress
        ? [`host: ${plan.veth} up ${plan.hostAddress}`, `host: ${plan.network} ${plan.veth}`]
        : [`host: ${plan.veth} up ${name}`]),
      `${plan.namespace}: ${loopback}`,
      `${plan.namespace}: ${CABLE_PEER} up ${plan.address}`,
      `${plan.namespace}: default ${plan.gateway} ${CABLE_PEER}`,
      `${plan.namespace}: ${plan.network} ${CABLE_PEER}`,
    ]),
  ];
}
