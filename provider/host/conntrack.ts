import { FAMILIES, familyOf, withoutPort, withPort } from "../model/family.js";
import type { Family } from "../model/service-spec.js";
import type { StaleFlows } from "../model/stale-flows.js";
import type { Exec } from "./exec.js";

/** One line of `conntrack -L`. */
interface Flow {
  protocol: string;
  /** Source and destination, with ports, as the client sent it. */
  from: [address: string, port: string];
  to: [address: string, port: string];
  /** Who is expected to answer. */
  answering: [address: string, port: string];
}

/**
 * Deletes the conntrack entries of these flows, and no others. See `staleFlows` for why. A host that tracks nothing, as most do before they have NAT,
 * costs one look.
 */
export async function forgetFlows(exec: Exec, stale: StaleFlows[]): Promise<void> {
  if (stale.length === 0) return;
  const { stdout } = await exec(["sysctl", "-n", "-e", "net.netfilter.nf_conntrack_count"]);
  if (!(Number(stdout) > 0)) return;
  for (const match of await deletions(exec, stale)) {
    // It ends with 1 when there was none. Where the tool is missing the entries end by themselves, in two minutes at most.
    const tool = await exec(["conntrack", "-D", ...match]).catch(() => undefined);
    if (!tool) return;
  }
}

/** Each deletion looks through the whole table, so of many those with flows are looked for first, by one look for all. */
async function deletions(exec: Exec, stale: StaleFlows[]): Promise<string[][]> {
  if (stale.length === 1 && stale[0]!.address !== "") return [matchOf(stale[0]!)];
  const families = [...new Set(stale.flatMap(familiesOf))];
  const listed = await Promise.all(
    families.map((family) => exec(["conntrack", "-L", ...toolFamily(family)]).catch(() => undefined)),
  );
  if (listed.some((each) => each?.exitCode !== 0)) return stale.filter(({ address }) => address !== "").map(matchOf);
  const flows = byPort(listed.flatMap((each) => each!.stdout.split("\n").flatMap(parse)));
  return stale.flatMap((each) => {
    const found = flows.get(`${each.protocol} ${each.port}`)?.filter((flow) => isOf(flow, each)) ?? [];
    if (each.address !== "") return found.length > 0 ? [matchOf(each)] : [];
    // A node port is at any address, which the tool can't say: so each flow by itself
    return found.map(({ protocol, from, to }) => [
      ...toolFamily(familyOf(from[0])),
      ...["-p", protocol, "--orig-src", from[0], "--orig-port-src", from[1]],
      ...["--orig-dst", to[0], "--orig-port-dst", to[1]],
    ]);
  });
}

/** Of a node port nobody has come to an endpoint of, which can be either's. */
const familiesOf = ({ address, endpoint = "" }: StaleFlows): readonly Family[] =>
  address || endpoint ? [familyOf(address || withoutPort(endpoint))] : FAMILIES;

const toolFamily = (family: Family) => (family === "ip6" ? ["-f", "ipv6"] : []);

function matchOf(stale: StaleFlows): string[] {
  const { protocol, address, port, endpoint } = stale;
  const family = toolFamily(familyOf(address));
  const to = ["-p", protocol, "--orig-dst", address, "--orig-port-dst", String(port)];
  if (endpoint === undefined) return [...family, ...to, "--reply-src", address];
  const targetPort = endpoint.slice(endpoint.lastIndexOf(":") + 1);
  return [...family, ...to, "--reply-src", withoutPort(endpoint), "--reply-port-src", targetPort];
}

/** Of thousands of services each is at few flows. */
function byPort(flows: Flow[]): Map<string, Flow[]> {
  const found = new Map<string, Flow[]>();
  for (const flow of flows) {
    const key = `${flow.protocol} ${flow.to[1]}`;
    const same = found.get(key);
    if (same) same.push(flow);
    else found.set(key, [flow]);
  }
  return found;
}

/** Of those of its protocol and port. */
function isOf({ to, answering }: Flow, { address, endpoint, except = [] }: StaleFlows): boolean {
  if (address === "" ? except.includes(to[0]) : to[0] !== address) return false;
  return endpoint === undefined ? answering[0] === to[0] : withPort(answering[0], Number(answering[1])) === endpoint;
}

/** `udp 17 29 src=A dst=B sport=C dport=D [UNREPLIED] src=E dst=F sport=G dport=H …` */
function parse(line: string): Flow[] {
  const of = (key: string) => [...line.matchAll(new RegExp(` ${key}=(\\S+)`, "g"))].map(([, value]) => value!);
  const [[from, answering], [to], [fromPort, answeringPort], [toPort]] = [
    of("src"),
    of("dst"),
    of("sport"),
    of("dport"),
  ];
  if (!from || !answering || !to || !fromPort || !answeringPort || !toPort) return [];
  const protocol = line.split(" ", 1)[0]!;
  return [{ protocol, from: [from, fromPort], to: [to, toPort], answering: [answering, answeringPort] }];
}
