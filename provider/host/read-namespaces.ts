import { HostError, unreadable } from "../kernel/errors.js";
import type { DeadName, NamespaceView } from "../kernel/snapshot.js";
import { type AllUnread, namespaceKey, type Unread } from "../kernel/unreadable.js";
import { type Exec, succeeded } from "./exec.js";
import { NAMESPACE_FILESYSTEM } from "./files.js";
import { jsonLines, linksIn, parseRoutes } from "./ip-json.js";
import type { ReadOptions } from "./product.js";
import { wholly } from "./tool-output.js";

/**
 * The namespaces that are there: those that could be entered, why others could not, and the names
 * that lead to none.
 */
export interface SeenNamespaces {
  namespaces: Map<string, NamespaceView>;
  deadNames: Map<string, DeadName>;
  unread: AllUnread;
}

/**
 * Says each namespace's name before what `ip` says of it, and behind that how it ended and what it
 * said on standard error; of one that isn't there, that it is none; and where `ip` fails, on which
 * filesystem the name is. `ip` is asked of files only, since opening a pipe takes for ever. Last
 * comes the number of names. Two at a time: what one half says waits for the end of the other, in a
 * variable, since a pipe takes 64 KiB and then no more.
 */
const EACH_NAMESPACE = `half() {
  turn=$1
  shift
  for name; do
    turn=$((1 - turn))
    [ $turn = 1 ] || continue
    printf 'netns %s\\n' "$name"
    file=/run/netns/$name
    [ -e "$file" ] || { [ -L "$file" ] && echo dead || echo none; continue; }
    [ -f "$file" ] || { echo other; continue; }
    { said=$(ip -n "$name" -d -j -batch - 2>&1 >&3 <<'END'
addr show
route show table all
END
) ; code=$?; } 3>&1
    on=
    [ $code = 0 ] || on=$(stat -f -L -c %t "$file" 2>/dev/null)
    printf 'ended %s %s\\n%s\\n' $code "$on" "$said"
  done
}
{ said=$(half 1 "$@"; echo .); printf %s "\${said%.}"; } | { half 0 "$@"; cat; }
echo "names $#"`;
const ALL_NAMESPACES = `[ -d /run/netns ] || { echo names 0; exit 0; }
cd /run/netns || exit 1
set -- *
${EACH_NAMESPACE}`;

/**
 * Reads namespaces, whole, by one process of ours. One that isn't there, or vanishes meanwhile, is
 * left out. Throws HostError.
 */
export async function readNamespaces(
  exec: Exec,
  wanted: string[] | "all",
  linkOptions: ReadOptions,
): Promise<SeenNamespaces> {
  const namespaces = new Map<string, NamespaceView>();
  const deadNames = new Map<string, DeadName>();
  const unread = new Map<string, Unread>();
  const seen = { namespaces, deadNames, unread };
  if (wanted.length === 0) return seen;
  const script = wanted === "all" ? ALL_NAMESPACES : EACH_NAMESPACE;
  const argv = ["sh", "-c", script, "sh", ...(wanted === "all" ? [] : new Set(wanted))];
  const { stdout } = succeeded(["ip", "netns"], await wholly(() => exec(argv)));
  const [, text = "", count = ""] = /^([\s\S]*)^names (\d+)\n$/m.exec(stdout) ?? [];
  const parts = text.split(/^netns /m).slice(1);
  if (count === "" || parts.length !== Number(count))
    throw unreadable("ip -json", `it ends after ${parts.length} of ${count || "all"} network namespaces`);
  for (const part of parts) {
    const name = part.slice(0, part.indexOf("\n"));
    const found = readOne(name, part.slice(name.length + 1), linkOptions);
    if (found === "dead") deadNames.set(name, {});
    else if (found && "why" in found) unread.set(namespaceKey(name), found);
    else if (found) namespaces.set(name, found);
  }
  return seen;
}

function readOne(name: string, text: string, linkOptions: ReadOptions): NamespaceView | Unread | "dead" | undefined {
  const told = { "none\n": undefined, "dead\n": "dead", "other\n": noFile(name) } as const;
  if (text in told) return told[text as keyof typeof told];
  const [, listings = "", code = "", on = "", said = ""] =
    /^([\s\S]*?)^ended (\d+) ([0-9a-f]*)\n([\s\S]*)$/m.exec(text) ?? [];
  if (code === "") throw unreadable("ip -json", `it ends within network namespace ${name}`);
  try {
    succeeded(["ip", "-n", name], { stdout: "", stderr: said, exitCode: Number(code) });
  } catch (error) {
    if (!(error instanceof HostError) || error.code === "missing") throw error;
    if (on !== "" && on !== NAMESPACE_FILESYSTEM) return "dead";
    return error.code === "not-found" ? undefined : closed(name, said);
  }
  const [addrs, routes] = jsonLines(listings);
  if (!addrs || !routes) throw unreadable("ip -json", `it ends within network namespace ${name}`);
  return { links: linksIn([addrs], linkOptions), routes: parseRoutes(routes), sysctls: new Map() };
}

const closed = (name: string, said: string): Unread => ({
  what: `Network namespace ${name}`,
  why: `ip says: ${said.trim()}`,
  cure: `See that \`ip -n ${name} link\` works here, and run again.`,
});

const noFile = (name: string): Unread => ({
  what: `Network namespace ${name}`,
  why: `/run/netns/${name} is neither a file nor a link to one`,
  cure: `Move it away (\`mv /run/netns/${name} /root/\`), and run again.`,
});
