import { unreadable } from "../../kernel/errors.js";
import type { Mount } from "../../kernel/read-only.js";
import { type Exec, must } from "../exec.js";
import { NAMESPACE_FILESYSTEM, type NameState, notePath, WRITTEN } from "../files.js";
import type { HostFiles } from "../machine.js";

/**
 * Names and texts of the namespaces' resolv.conf: a line with name and length, then the text; last
 * the line "end".
 */
const READ_ALL = `set -e
if [ -d /etc/netns ]; then
  cd /etc/netns
  for file in */resolv.conf; do
    [ -f "$file" ] || continue
    size=$(wc -c <"$file") || { [ ! -e "$file" ] && continue || exit 1; }
    printf '%s %s\\n' "\${file%/resolv.conf}" "$size"
    cat "$file"
  done
fi
echo end`;

/** Says on which filesystem a name of a namespace is, or that it is dead or none. */
const NAMESPACE = `file=/run/netns/$1
if [ -e "$file" ]; then stat -f -L -c %t "$file"
elif [ -L "$file" ]; then echo dead
else echo none
fi`;

/** The same file as in ../files.ts: it tells that we made /etc/netns. */
const MARKER = "/etc/netns/.pulumi-hostnet";
const REMOVE_FOLDERS = `rmdir "/etc/netns/$1" 2>/dev/null
if [ "$(ls -A /etc/netns 2>/dev/null)" = .pulumi-hostnet ]; then rm -f ${MARKER}; rmdir /etc/netns; fi`;
const WRITE = `write() {
  set -e
  if [ ! -d /etc/netns ]; then
    mkdir /etc/netns
    echo 'pulumi-hostnet made this folder and removes it with the last one in it' >${MARKER}
  fi
  mkdir -p "/etc/netns/$1"
  cat >"/etc/netns/$1/resolv.conf.new"
  if [ -d "/etc/netns/$1/resolv.conf" ]; then echo "/etc/netns/$1/resolv.conf: Is a directory" >&2; exit 1; fi
  mv "/etc/netns/$1/resolv.conf.new" "/etc/netns/$1/resolv.conf"
}
(write "$1")
code=$?
[ $code = 0 ] && exit
rm -f "/etc/netns/$1/resolv.conf.new" 2>/dev/null
${REMOVE_FOLDERS}
exit $code`;
const REMOVE = `rm -f "/etc/netns/$1/resolv.conf" || exit
${REMOVE_FOLDERS}
:`;

/** Puts each line into a note, under the name that it begins with. */
const WRITE_NOTES = `while read -r name mark; do
  printf '%s %s\\n' "$name" "$mark" >"${notePath("$name")}" || exit
done`;

/** Root may write each of them, unless it is mounted read-only. */
const READ_ONLY = Object.entries(WRITTEN)
  .map(([mount, paths]) => `f=$(ls -d ${paths.join(" ")} 2>/dev/null | head -n 1); [ -w "$f" ] || echo ${mount}`)
  .join("\n");

/** The files of a machine over ssh, by its shell. */
export function remoteFiles(exec: Exec, machineId: () => Promise<string>): HostFiles {
  const shell = (script: string, args: string[], input?: string) =>
    must(exec, ["sh", "-c", script, "sh", ...args], input === undefined ? {} : { input });
  return {
    namespaceState: async (name) => parseState(await shell(NAMESPACE, [name])),
    readResolvConfs: async (namespaces) => {
      const texts = parseTexts(await shell(READ_ALL, []));
      return namespaces === "all" ? texts : new Map([...texts].filter(([name]) => namespaces.includes(name)));
    },
    writeResolvConf: async (namespace, content) => void (await shell(WRITE, [namespace], content)),
    removeResolvConf: async (namespace) => void (await shell(REMOVE, [namespace])),
    writeNotes: async (notes) => void (await shell(WRITE_NOTES, [], [...notes.values()].join(""))),
    removeNotes: async (namespaces) => void (await must(exec, ["rm", "-f", ...namespaces.map(notePath)])),
    readOnly: async () => mountsIn(await shell(`${READ_ONLY}\necho end`, [])),
    machineId,
  };
}

function parseState(said: string): NameState {
  const [, word = ""] = /^(none|dead|[0-9a-f]+)\n$/.exec(said) ?? [];
  if (word === "") throw unreadable("stat /run/netns", `it says ${JSON.stringify(said)}`);
  if (word === "none") return word;
  return word === NAMESPACE_FILESYSTEM ? "namespace" : "dead";
}

const END = "end\n";

function mountsIn(listing: string): Mount[] {
  if (!listing.endsWith(END)) throw unreadable("ls -d /etc", `it ends with ${JSON.stringify(listing.slice(-60))}`);
  return listing.split("\n").slice(0, -2) as Mount[];
}

function parseTexts(listing: string): Map<string, string> {
  const texts = new Map<string, string>();
  let rest = Buffer.from(listing);
  while (rest.length !== END.length || rest.toString() !== END) {
    const end = rest.indexOf("\n");
    const [, name = "", bytes = ""] = /^(.*?) +(\d+)$/.exec(rest.subarray(0, Math.max(end, 0)).toString()) ?? [];
    const [start, stop] = [end + 1, end + 1 + Number(bytes)];
    if (bytes === "" || rest.length < stop) throw unreadable("cat /etc/netns/*/resolv.conf", "it ends early");
    texts.set(name, rest.subarray(start, stop).toString());
    rest = rest.subarray(stop);
  }
  return texts;
}
