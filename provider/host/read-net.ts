import type { Link, NamespaceView, NetView } from "../model/snapshot.js";
import { failedLines } from "./classify.js";
import { failure } from "./exec.js";
import { jsonLines, parseAddrs, parseRoutes } from "./ip-json.js";
import type { Machine } from "./machine.js";

/** What to read with `ip`; a change costs what it touches and not what the host has. */
export interface WantedNet {
  links: string[] | "all";
  routes: boolean;
  /** Read whole, those that are there. */
  namespaces: string[] | "all";
}

export interface SeenNet extends NetView {
  namespaces: Map<string, NamespaceView>;
}

const WHOLE_NAMESPACE = "addr show\nroute show\n";
const TRIES = 4;

/** Links, routes and namespaces, by one process of ours however many they are. A link that is missing is left out. */
export async function readNet({ exec, files }: Machine, { links, routes, namespaces }: WantedNet): Promise<SeenNet> {
  const ofHost = [
    ...(routes ? ["route show"] : []),
    ...(links === "all" ? ["addr show"] : [...new Set(links)].map((name) => `addr show dev ${name}`)),
  ];
  for (let tries = 0; tries < TRIES; tries++) {
    const names = await present(files, namespaces);
    if (names.length + ofHost.length === 0) return { links: new Map(), routes: [], namespaces: new Map() };
    const { stdout, stderr } = await exec(["ip", "-force", "-d", "-j", "-batch", "-"], {
      files: names.length > 0 ? [WHOLE_NAMESPACE] : [],
      // The namespaces first: what `ip` itself prints, it prints at its end.
      input: ([file]) =>
        `${[...names.map((name) => `netns exec ${name} ip -d -j -batch ${file}`), ...ofHost].join("\n")}\n`,
    });
    const arrays = jsonLines(stdout);
    // Each namespace prints two arrays and no name. One that vanished meanwhile would shift the rest: read again.
    const vanished = failedLines(stderr).some(({ file, line }) => file === "-" && line <= names.length);
    if (vanished || arrays.length < 2 * names.length + Number(routes)) continue;
    const views = names.map((name): [string, NamespaceView] => [name, view(arrays.shift(), arrays.shift())]);
    const routesOfHost = routes ? parseRoutes(arrays.shift()) : [];
    return { links: byName(arrays.flatMap(parseAddrs)), routes: routesOfHost, namespaces: new Map(views) };
  }
  throw failure(["ip", "-batch"], "the network namespaces kept changing while they were read");
}

async function present(files: Machine["files"], namespaces: string[] | "all"): Promise<string[]> {
  if (namespaces.length === 0) return [];
  const there = new Set(await files.listNamespaces());
  if (namespaces === "all") return [...there];
  return [...new Set(namespaces)].filter((name) => there.has(name));
}

const view = (addrs: unknown, routes: unknown): NamespaceView => ({
  links: byName(parseAddrs(addrs)),
  routes: parseRoutes(routes),
  sysctls: new Map(),
});

const byName = (links: Link[]) => new Map(links.map((link) => [link.name, link]));
