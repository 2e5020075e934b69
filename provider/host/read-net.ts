import { unreadable } from "../kernel/errors.js";
import type { NetView } from "../kernel/snapshot.js";
import { isMark } from "../ownership/mark.js";
import { classify, failedLines } from "./classify.js";
import { type Exec, failure, succeeded } from "./exec.js";
import { jsonLines, linksIn, parseRoutes } from "./ip-json.js";
import type { ReadOptions } from "./product.js";
import { readNamespaces, type SeenNamespaces } from "./read-namespaces.js";
import { wholly } from "./tool-output.js";

/** What to read with `ip`; a change costs what it touches and not what the host has. */
export interface WantedNet {
  links: string[] | "all";
  /** Where one of `links` bears no mark, or isn't there, all are read. */
  renamed?: boolean;
  routes: boolean;
  /** Read whole, those that are there. */
  namespaces: string[] | "all";
}

export interface SeenNet extends NetView, SeenNamespaces {}

/**
 * Links, routes and namespaces, by two processes of ours however many they are. What is missing is
 * left out. Throws HostError.
 */
export async function readNet(exec: Exec, wanted: WantedNet, linkOptions: ReadOptions): Promise<SeenNet> {
  const { links, routes, namespaces } = wanted;
  const lines = [
    ...(routes ? ["route show table all"] : []),
    ...(links === "all" ? ["addr show"] : [...new Set(links)].map((name) => `addr show dev ${name}`)),
  ];
  const [arrays, inside] = await Promise.all([readLines(exec, lines), readNamespaces(exec, namespaces, linkOptions)]);
  const net = { routes: routes ? parseRoutes(arrays.shift()) : [], links: linksIn(arrays, linkOptions), ...inside };
  const isWhole = !wanted.renamed || links === "all" || links.every((name) => isMark(net.links.get(name)?.alias));
  return isWhole ? net : { ...net, links: linksIn(await readLines(exec, ["addr show"]), linkOptions) };
}

const BATCH = ["ip", "-force", "-d", "-j", "-batch", "-"];

/** What `ip` prints for each line, without those for devices that aren't there. */
async function readLines(exec: Exec, lines: string[]): Promise<unknown[]> {
  if (lines.length === 0) return [];
  const finished = await wholly(() => exec(BATCH, { input: `${lines.join("\n")}\n` }));
  const failed = failedLines(finished.stderr);
  if (failed.length === 0) succeeded(BATCH, finished);
  const other = failed.find(({ said }) => classify(said) !== "not-found");
  if (other) throw failure(["ip", lines[other.line - 1] ?? ""], other.said);
  const arrays = jsonLines(finished.stdout);
  const expected = lines.length - failed.length;
  if (arrays.length !== expected)
    throw unreadable("ip -json", `it has ${arrays.length} listings, and ${expected} were asked for`);
  return arrays;
}
