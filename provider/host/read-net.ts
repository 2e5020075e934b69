import type { Link, NamespaceView, NetView } from "../model/snapshot.js";
import type { Exec } from "./exec.js";
import { jsonLines, parseAddrs, parseRoutes } from "./ip-json.js";

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

/**
 * Says each namespace's name before what `ip` says of it. One that isn't there, or vanishes meanwhile, has no more than a name. Two at a time: what one
 * half says waits in a pipe for the end of the other.
 */
const EACH_NAMESPACE = `half() {
  turn=$1
  shift
  for name; do
    turn=$((1 - turn))
    [ $turn = 1 ] && [ -e "/run/netns/$name" ] || continue
    printf 'netns %s\\n' "$name"
    ip -n "$name" -d -j -batch - <<'END'
addr show
route show table all
END
  done
}
half 1 "$@" | { half 0 "$@"; cat; }`;
const ALL_NAMESPACES = `cd /run/netns 2>/dev/null || exit 0
set -- *
${EACH_NAMESPACE}`;

/** Links, routes and namespaces, by two processes of ours however many they are. What is missing is left out. */
export async function readNet(exec: Exec, { links, routes, namespaces }: WantedNet): Promise<SeenNet> {
  const lines = [
    ...(routes ? ["route show table all"] : []),
    ...(links === "all" ? ["addr show"] : [...new Set(links)].map((name) => `addr show dev ${name}`)),
  ];
  const batch = ["ip", "-force", "-d", "-j", "-batch", "-"];
  const [ofHost, views] = await Promise.all([
    lines.length > 0 ? exec(batch, { input: `${lines.join("\n")}\n` }) : undefined,
    readNamespaces(exec, namespaces),
  ]);
  const arrays = jsonLines(ofHost?.stdout ?? "");
  return {
    routes: routes ? parseRoutes(arrays.shift() ?? []) : [],
    links: byName(arrays.flatMap(parseAddrs)),
    namespaces: views,
  };
}

async function readNamespaces(exec: Exec, namespaces: string[] | "all"): Promise<Map<string, NamespaceView>> {
  if (namespaces.length === 0) return new Map();
  const script = namespaces === "all" ? ALL_NAMESPACES : EACH_NAMESPACE;
  const names = namespaces === "all" ? [] : [...new Set(namespaces)];
  const { stdout } = await exec(["sh", "-c", script, "sh", ...names]);
  const parts = stdout.split(/^netns /m).slice(1);
  return new Map(
    parts.flatMap((part) => {
      const [addrs, routes] = jsonLines(part.slice(part.indexOf("\n") + 1));
      return addrs && routes ? [[part.slice(0, part.indexOf("\n")), view(addrs, routes)] as const] : [];
    }),
  );
}

const view = (addrs: unknown, routes: unknown): NamespaceView => ({
  links: byName(parseAddrs(addrs)),
  routes: parseRoutes(routes),
  sysctls: new Map(),
});

const byName = (links: Link[]) => new Map(links.map((link) => [link.name, link]));
