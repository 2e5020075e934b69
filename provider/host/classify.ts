import type { FailureCode } from "../kernel/errors.js";

/**
 * The one place that reads a tool's error text. The texts are those of iproute2 5.10–6.x, iptables
 * 1.8 (nft and legacy), nft 1.0, nsenter and procps under LC_ALL=C. The kernel's errno strings come
 * first, since all tools print them.
 */
const TEXTS: [RegExp, FailureCode][] = [
  [/ENOENT.*spawn|spawn .* ENOENT|command not found|exec of ".*" failed: No such file/i, "missing"],
  // Before "No such file": iptables adds that when it has no such extension.
  [/Couldn't load (match|target)/i, "unsupported"],
  [/timed out/i, "timeout"],
  [/IPv6 is disabled on/i, "no-ipv6"],
  [/Read-only file system|EROFS/i, "read-only"],
  [/No space left on device|Disk quota exceeded|Exchange full|ENOSPC|EDQUOT/i, "full"],
  [/Address already in use/i, "in-use"],
  [/was killed with SIG|was terminated/i, "killed"],
  [/Message too long/i, "too-long"],
  [/Operation not permitted|Permission denied|you must be root|EPERM|EACCES/i, "permission"],
  [/File exists|already exists|Address already assigned/i, "exists"],
  [
    /Cannot find device|does not exist|No such file or directory|No such (device|process)|No chain\/target\/match|Cannot assign requested address|not found/i,
    "not-found",
  ],
  [
    /Device or resource busy|Resource busy|CHAIN_USER_DEL failed|Another app is currently holding the xtables lock/i,
    "busy",
  ],
  [
    /Operation not supported|Unknown device type|Protocol not supported|Extension .* revision|support not compiled/i,
    "unsupported",
  ],
  [
    /Invalid argument|Error: (either|argument|an? )|bad (rule|command|argument)|is wrong|invalid|is expected rather than|(less|greater) than device m|unknown option|Gateway can not be/i,
    "invalid",
  ],
];

export function classify(stderr: string): FailureCode {
  return TEXTS.find(([text]) => text.test(stderr))?.[1] ?? "other";
}

/** Does `ip` say that the kernel knows no such kind of link? */
export const lacksKind = (stderr: string) => /Unknown device type/.test(stderr);

/** Does iptables-nft say that there are tables of iptables-legacy besides? */
export const warnsOfLegacy = (stderr: string) => /ip6?tables-legacy tables present/.test(stderr);

/** What a kernel was built without, or has not loaded, of what iptables takes. */
export interface Lack {
  of: "nf_tables" | "extension" | "table";
  /** Of the extension (MASQUERADE), or of the table of iptables-legacy (nat). */
  name: string;
}

const LACKS: [RegExp, Lack["of"]][] = [
  [/Extension (\w+) revision \d+ not supported, missing kernel module/, "extension"],
  [/can't initialize ip6?tables table [`'](\w+)'|unable to initialize table '(\w+)'/, "table"],
  [
    /(?:TABLE|CHAIN)_ADD failed \((?:Operation not supported|Protocol not supported|No such file or directory)\)/,
    "nf_tables",
  ],
  [
    /Failed to initialize nft: |Could not fetch rule set generation id: (?:Invalid argument|Protocol not supported)/,
    "nf_tables",
  ],
];

/** Which of that iptables says that the kernel has not. */
export function lackIn(stderr: string): Lack | undefined {
  for (const [text, of] of LACKS) {
    const found = text.exec(stderr);
    if (found) return { of, name: found[1] ?? found[2] ?? "" };
  }
  return undefined;
}

/**
 * Does iptables-nft say that it can't show a rule? Up to 1.8.9 it says so of a whole table, on
 * standard output.
 */
export const failsToShow = (stderr: string) =>
  /Parsing nftables rule failed|is incompatible, use 'nft' tool/.test(stderr);

/**
 * Of how many flows conntrack says that it has shown or deleted them; undefined when it didn't come
 * to that.
 */
export function countedFlows(stderr: string): number | undefined {
  const [, count] = /: (\d+) flow entries have been (?:shown|deleted)\./.exec(stderr) ?? [];
  return count === undefined ? undefined : Number(count);
}

/**
 * Does `ip` say that something changed while the kernel listed it, so that the listing may lack
 * some? It ends with 0 then.
 */
export const wasCutShort = (said: string) => /^Dump (was interrupted|terminated)/m.test(said);

/** A line that `ip -batch` gave up at, and what it said of it. */
export interface FailedLine {
  /** The batch file; `-` is standard input. */
  file: string;
  line: number;
  said: string;
}

/** The lines that failed; of nested batch files the innermost comes first. */
export function failedLines(stderr: string): FailedLine[] {
  return [...stderr.matchAll(/([\s\S]*?)^Command failed (\S+):(\d+)\n?/gm)].map(
    ([, said = "", file = "", line = "0"]) => ({ file, line: Number(line), said: said.trim() }),
  );
}

/** Why ssh has not brought us onto a host, or no longer. */
export type SshFailure =
  | "refused"
  | "timeout"
  | "unknown-host"
  | "no-route"
  | "authentication"
  | "host-key-changed"
  | "host-key-unknown"
  | "become-password"
  | "become-missing"
  | "no-ssh"
  | "lost";

/** Texts of OpenSSH 8.4–10, sudo 1.9 and doas 6.8. */
const SSH_TEXTS: [RegExp, SshFailure][] = [
  [/spawn ssh ENOENT/, "no-ssh"],
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i, "host-key-changed"],
  [/Host key verification failed|No .* host key is known/i, "host-key-unknown"],
  [
    /Permission denied \(|Too many authentication failures|no such identity|incorrect passphrase|Load key .*: /i,
    "authentication",
  ],
  [/(sudo|doas): .*(password|terminal|tty|Authorization required|Operation not permitted)/i, "become-password"],
  [/(sudo|doas): .*not found|exec: .*(sudo|doas)/i, "become-missing"],
  [/Could not resolve hostname|Name or service not known/i, "unknown-host"],
  [/Connection refused/i, "refused"],
  [/(Connection|Operation) timed out|Connection timeout/i, "timeout"],
  [/No route to host|Network is unreachable/i, "no-route"],
];

export function classifySsh(stderr: string): SshFailure {
  return SSH_TEXTS.find(([text]) => text.test(stderr))?.[1] ?? "lost";
}
