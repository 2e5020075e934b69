import { withSystemFolders } from "../system/path.js";
import { startCommand } from "./command.js";
import { type Run, together } from "./together.js";

/** All that a program can leave behind on a host, in lines that compare: one list a section. */
export type HostState = Record<string, string[]>;

/** Runs a command on the host that this process is on. */
export const runHere: Run = (argv) =>
  startCommand(argv, { env: { PATH: withSystemFolders(process.env.PATH) }, timeoutMs: 30_000 }).ended;

type Reader = (output: string) => string[];

/** Read as files: `sysctl -a` looks at all there are, which takes five times as long. */
const SYSCTLS = "/proc/sys/net/(ipv4/ip_forward|ipv4/conf/.*|ipv6/conf/.*forwarding|bridge/.*)";
const FIND_SYSCTLS = ["find", "/proc/sys/net", "-regextype", "posix-extended", "-regex", SYSCTLS, "-type", "f"];

/** Names, and on which filesystem is what they lead to: namespaces are on nsfs. */
const NAMES = "[ ! -d /run/netns ] || find -L /run/netns -mindepth 1 -printf '%f %F %y\\n'";
/** What our provider notes while it makes namespaces. */
const NOTES = ["find", "/run", "-maxdepth", "1", "-name", "pulumi-hostnet.netns.*"];

/** What is looked at: the section's name, the command, and how its output is read. */
const SECTIONS: ReadonlyArray<readonly [string, readonly string[], Reader]> = [
  ["link", ["ip", "-json", "-details", "link"], jsonLines],
  ["addr", ["ip", "-json", "addr"], jsonLines],
  ["route", ["ip", "-json", "route", "show", "table", "all"], jsonLines],
  ["route6", ["ip", "-json", "-6", "route", "show", "table", "all"], jsonLines],
  ["rule", ["ip", "-json", "rule"], jsonLines],
  ["rule6", ["ip", "-json", "-6", "rule"], jsonLines],
  ["netns", ["sh", "-c", NAMES], namespaceNames],
  ["/run", NOTES, textLines],
  ["iptables", ["iptables-save"], savedRules],
  ["ip6tables", ["ip6tables-save"], savedRules],
  ["iptables-legacy", ["iptables-legacy-save"], savedRules],
  ["ip6tables-legacy", ["ip6tables-legacy-save"], savedRules],
  ["nft", ["nft", "--json", "--stateless", "list", "ruleset"], nftObjects],
  ["sysctl", [...FIND_SYSCTLS, "-exec", "grep", "-H", "", "{}", "+"], textLines],
  ["/etc/netns", ["find", "/etc/netns", "-printf", "%P %y %s\n"], textLines],
];

/**
 * Reads the state of a host. What a tool does not tell stands in its section as one line, so that
 * it compares too. Throws, with the tool, when its output ends early.
 */
export async function hostState(run: Run = together(runHere)): Promise<HostState> {
  const sections = SECTIONS.map(async ([name, command, reader]) => [name, await readSection(run, command, reader)]);
  return Object.fromEntries(await Promise.all(sections));
}

/**
 * How often a listing is asked for that the kernel has cut short, since something changed amid it.
 */
const TRIES = 5;

async function readSection(run: Run, command: readonly string[], reader: Reader): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const { stdout, stderr, exitCode } = await run(command);
    const isCut = /^Dump (was interrupted|terminated)/m.test(stderr);
    if (isCut && tries < TRIES) continue;
    if (exitCode !== 0) return [`(not to be read: ${command[0]} ended with ${exitCode})`];
    try {
      if (isCut) throw new Error(stderr.trim());
      return reader(stdout).sort();
    } catch (error) {
      throw new Error(`${command.join(" ")} can't be read: ${(error as Error).message}`);
    }
  }
}

/** The differences, one line each: `- ` was there before, `+ ` is there now. */
export function differences(before: HostState, after: HostState): string[] {
  return Object.keys(before).flatMap((section) => {
    const [old, now] = [before[section] ?? [], after[section] ?? []];
    return [
      ...old.filter((line) => !now.includes(line)).map((line) => `- ${section}: ${line}`),
      ...now.filter((line) => !old.includes(line)).map((line) => `+ ${section}: ${line}`),
    ];
  });
}

function textLines(output: string): string[] {
  if (output !== "" && !output.endsWith("\n")) throw new Error(`it ends with ${JSON.stringify(output.slice(-60))}`);
  return output.split("\n").filter((line) => line.trim() !== "");
}

/** Names of namespaces, and what the other names in /run/netns are. */
function namespaceNames(output: string): string[] {
  return textLines(output).map((line) => {
    const [, name, on, kind] = /^(.+) (\S+) (\w)$/.exec(line) ?? [];
    if (kind === undefined) throw new Error(`it says ${JSON.stringify(line)}`);
    return on === "nsfs" ? name! : `${name} leads to no namespace (${kind} on ${on})`;
  });
}

/** Lifetimes and a bridge's timers run by themselves. */
const VARYING = /_life_time$|^expires$|_timer$/;

function jsonLines(output: string): string[] {
  const objects: unknown[] = JSON.parse(output);
  return objects.map((object) => JSON.stringify(object, (key, value) => (VARYING.test(key) ? undefined : value)));
}

/**
 * The lines of iptables-save, each with its table, without comments and counters. A table that it
 * can't show is a line that says so.
 */
function savedRules(output: string): string[] {
  let table = "";
  const lines = textLines(output);
  const count = (word: string) => lines.filter((line) => line.startsWith(word)).length;
  if (count("# Generated ") !== count("# Completed ") || count("*") !== count("COMMIT"))
    throw new Error(`it ends with ${JSON.stringify(output.slice(-60))}`);
  return lines.flatMap((line) => {
    if (line.startsWith("*")) table = line;
    if (line.startsWith("# Table ")) return [`(not to be read: ${line.slice(2)})`];
    return /^(#|COMMIT)/.test(line) ? [] : [`${table} ${line.replace(/ ?\[\d+:\d+\]/, "")}`];
  });
}

/** The objects of nft's ruleset, without handles, which count up by themselves. */
function nftObjects(output: string): string[] {
  const { nftables } = JSON.parse(output) as { nftables: Record<string, unknown>[] };
  return nftables
    .filter((object) => !("metainfo" in object))
    .map((object) => JSON.stringify(object, (key, value) => (key === "handle" ? undefined : value)));
}
