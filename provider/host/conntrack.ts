import { HostError, unreadable } from "../kernel/errors.js";
import { FAMILIES, type Family, familyOf, withoutPort, withPort } from "../kernel/family.js";
import type { StaleFlows } from "../kernel/flows.js";
import { countedFlows } from "./classify.js";
import { type Exec, failure, succeeded } from "./exec.js";
import { print, type Say } from "./say.js";

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
 * Deletes the conntrack entries of these flows, and no others. See `staleFlows` for why. A host
 * that tracks nothing, as most do before they have NAT, costs one look. Throws HostError; where
 * conntrack isn't there the entries end by themselves, in two minutes at most, and that is said.
 */
export async function forgetFlows(exec: Exec, stale: StaleFlows[], say: Say = print): Promise<void> {
  if (stale.length === 0 || (await countFlows(exec)) === 0) return;
  try {
    for (const match of await deletions(exec, stale)) await deleteFlows(exec, match);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== "missing") throw error;
    say(
      `conntrack is not there (on Debian: apt-get install conntrack): flows to endpoints that have gone go on to them, for two minutes at most (${error.command}: ${error.stderr.trim()})`,
    );
  }
}

/** A kernel that tracks nothing has no such key, and then nothing is said of it. */
async function countFlows(exec: Exec): Promise<number> {
  const argv = ["sysctl", "-n", "-e", "net.netfilter.nf_conntrack_count"];
  const { stdout, stderr } = succeeded(argv, await exec(argv));
  if (stderr.trim() !== "") throw failure(argv, stderr);
  if (!/^(\d+\n)?$/.test(stdout)) throw unreadable("sysctl", `it says ${JSON.stringify(stdout)}`);
  return Number(stdout);
}

async function deleteFlows(exec: Exec, match: string[]): Promise<void> {
  const argv = ["conntrack", "-D", ...match];
  const finished = await exec(argv);
  // It ends with 1 when there was none, and also when it may not.
  if (finished.exitCode !== 0 && countedFlows(finished.stderr) === undefined) succeeded(argv, finished);
}

async function listFlows(exec: Exec, family: Family): Promise<Flow[]> {
  const argv = ["conntrack", "-L", ...toolFamily(family)];
  const { stdout, stderr } = succeeded(argv, await exec(argv));
  const lines = stdout.split("\n").slice(0, -1);
  const count = countedFlows(stderr);
  if (count !== lines.length || !/\n?$/.test(stdout))
    throw unreadable("conntrack", `it has ${lines.length} flows, and counts ${count ?? "none"}: ${stderr.trim()}`);
  return lines.flatMap(parse);
}

/** Each deletion looks through the whole table. So of many, one listing tells which have flows. */
async function deletions(exec: Exec, stale: StaleFlows[]): Promise<string[][]> {
  if (stale.length === 1 && stale[0]!.address !== "") return [matchOf(stale[0]!)];
  const families = [...new Set(stale.flatMap(familiesOf))];
  let listed: Flow[][];
  try {
    listed = await Promise.all(families.map((family) => listFlows(exec, family)));
  } catch (error) {
    // The flows of an address can be named without a look at them.
    if (stale.some(({ address }) => address === "")) throw error;
    return stale.map(matchOf);
  }
  const flows = byPort(listed.flat());
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
