import type { RunResult } from "../sandbox/command.js";

const PARTS = {
  address: "ip -json -details address",
  route: "ip -json route show table all",
  route6: "ip -json -6 route show table all",
  iptables: "iptables-save",
  ip6tables: "ip6tables-save",
  nft: "nft --json --stateless list ruleset",
  sysctl:
    "grep -rH '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf --include=ip_forward --include=forwarding --include=rp_filter --include=route_localnet",
  files: "[ ! -d /etc/netns ] || grep -rH '' /etc/netns",
};
type Part = keyof typeof PARTS;

/** What each command says. */
export type Parts = Record<Part, string>;

type Run = (argv: readonly string[]) => Promise<RunResult>;

/**
 * Prints each part behind a line with its name, and behind it how it ended and what it said of
 * that; one process tree a namespace.
 */
const LOOK = Object.entries(PARTS)
  .map(
    ([name, command]) => `printf '\\036%s\\n' ${name}
{ said=$({ ${command}; } 2>&1 >&3); code=$?; } 3>&1
printf '\\037%s %s' $code "$said"`,
  )
  .join("\n");

/** How often what is there is read when something changes amid it. */
const TRIES = 5;

/**
 * Runs the commands, behind some words that enter a network namespace. Throws with the command that
 * can't tell.
 */
export async function readParts(run: Run, enter: readonly string[] = []): Promise<Parts> {
  for (let tries = 1; ; tries++) {
    const { stdout, stderr, exitCode } = await run([...enter, "sh", "-c", LOOK]);
    if (exitCode !== 0) throw new Error(`${[...enter, "sh"].join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
    if (/^Dump (was interrupted|terminated)/m.test(stdout) && tries < TRIES) continue;
    const parts = stdout.split("\x1e").slice(1).map(partOf);
    const missing = Object.keys(PARTS).find((name) => !parts.some(([each]) => each === name));
    if (missing) throw new Error(`${PARTS[missing as Part]} said nothing`);
    return Object.fromEntries(parts) as Parts;
  }
}

function partOf(text: string): [Part, string] {
  const [head = "", end = ""] = text.split("\x1f");
  const [name = ""] = head.split("\n");
  const [, code = "", said = ""] = /^(\d+) ([\s\S]*)$/.exec(end) ?? [];
  const command = PARTS[name as Part];
  if (command === undefined || code === "")
    throw new Error(`what is on the host ends early: ${JSON.stringify(text.slice(-60))}`);
  // grep ends with 1 where there is no line at all.
  const isRight = code === "0" || (code === "1" && said === "" && command.includes("grep"));
  if (!isRight || /^Dump /m.test(said)) throw new Error(`${command} ended with ${code}: ${said}`);
  return [name as Part, head.slice(name.length + 1)];
}

/** Prints what names in /run/netns lead to: a namespace is on the filesystem nsfs. */
const NAMES = "[ ! -d /run/netns ] || find -L /run/netns -mindepth 1 -maxdepth 1 -printf '%F %f\\n'; echo /";

/** The names of the network namespaces, and those that lead to none. */
export async function readNamespaceNames(run: Run): Promise<{ alive: string[]; dead: string[] }> {
  const { stdout, stderr, exitCode } = await run(["sh", "-c", NAMES]);
  if (exitCode !== 0 || stderr !== "" || !stdout.endsWith("/\n")) throw new Error(`ls /run/netns: ${stderr.trim()}`);
  const lines = stdout.split("\n").slice(0, -2).sort();
  const after = (line: string) => line.slice(line.indexOf(" ") + 1);
  const isAlive = (line: string) => line.startsWith("nsfs ");
  return {
    alive: lines.filter(isAlive).map(after),
    dead: lines.filter((line) => !isAlive(line)).map(after),
  };
}

/** JSON that a part has printed. */
export function parsePart<T>(parts: Parts, part: Part, reviver: (key: string, value: unknown) => unknown): T {
  try {
    return JSON.parse(parts[part], reviver) as T;
  } catch (error) {
    throw new Error(`${PARTS[part]} can't be read: ${(error as Error).message}`);
  }
}

/**
 * The lines of iptables-save with their table, without counters. A table that it can't show is a
 * line that says so.
 */
export function savedRules(parts: Parts, part: "iptables" | "ip6tables"): string[] {
  let table = "";
  const lines = parts[part].split("\n").filter((line) => line !== "");
  if (count(lines, "# Generated ") !== count(lines, "# Completed ") || count(lines, "*") !== count(lines, "COMMIT"))
    throw new Error(`${PARTS[part]} ends early: ${JSON.stringify(parts[part].slice(-60))}`);
  return lines.flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (line.startsWith("# Table ")) return [line];
    return /^[:-]/.test(line) ? [`${table} ${line.replace(/ ?\[\d+:\d+\]/, "")}`] : [];
  });
}

const count = (lines: string[], word: string) => lines.filter((line) => line.startsWith(word)).length;
