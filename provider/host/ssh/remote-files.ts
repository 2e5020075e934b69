import { type Exec, must } from "../exec.js";
import { noteOf } from "../files.js";
import type { HostFiles } from "../machine.js";

/** Names and texts of the namespaces' resolv.conf: a line with name and length, then the text. */
const READ_ALL = `cd /etc/netns 2>/dev/null || exit 0
for file in */resolv.conf; do
  [ -f "$file" ] || continue
  printf '%s %s\\n' "\${file%/resolv.conf}" "$(wc -c <"$file")"
  cat "$file"
done`;

/** As writeResolvConf and removeResolvConf of ../files.ts do it; the marker tells that we made /etc/netns. */
const MARKER = "/etc/netns/.pulumi-hostnet";
const WRITE = `set -e
if [ ! -d /etc/netns ]; then
  mkdir -p /etc/netns
  echo 'pulumi-hostnet made this folder and removes it with the last one in it' >${MARKER}
fi
mkdir -p "/etc/netns/$1"
cat >"/etc/netns/$1/resolv.conf.new"
mv "/etc/netns/$1/resolv.conf.new" "/etc/netns/$1/resolv.conf"`;
const REMOVE = `rm -f "/etc/netns/$1/resolv.conf"
rmdir "/etc/netns/$1" 2>/dev/null
if [ "$(ls -A /etc/netns 2>/dev/null)" = .pulumi-hostnet ]; then rm -f ${MARKER}; rmdir /etc/netns; fi
:`;

/** The files of a machine over ssh, by its shell. */
export function remoteFiles(exec: Exec, machineId: () => Promise<string>): HostFiles {
  const shell = (script: string, args: string[], input?: string) =>
    must(exec, ["sh", "-c", script, "sh", ...args], input === undefined ? {} : { input });
  return {
    listNamespaces: async () => (await shell("ls /run/netns 2>/dev/null || :", [])).split("\n").filter(Boolean),
    readResolvConfs: async (namespaces) => {
      const texts = parseTexts(await shell(READ_ALL, []));
      return namespaces === "all" ? texts : new Map([...texts].filter(([name]) => namespaces.includes(name)));
    },
    writeResolvConf: async (namespace, content) => void (await shell(WRITE, [namespace], content)),
    removeResolvConf: async (namespace) => void (await shell(REMOVE, [namespace])),
    writeNotes: async (namespaces, text) =>
      void (await must(exec, ["tee", ...namespaces.map(noteOf)], { input: text })),
    removeNotes: async (namespaces) => void (await must(exec, ["rm", "-f", ...namespaces.map(noteOf)])),
    machineId,
  };
}

function parseTexts(listing: string): Map<string, string> {
  const texts = new Map<string, string>();
  let rest = Buffer.from(listing);
  while (rest.length > 0) {
    const end = rest.indexOf("\n");
    const [name = "", bytes = "0"] = rest.subarray(0, end).toString().split(" ");
    const start = end + 1;
    texts.set(name, rest.subarray(start, start + Number(bytes)).toString());
    rest = rest.subarray(start + Number(bytes));
  }
  return texts;
}
