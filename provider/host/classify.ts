import type { FailureCode } from "../errors.js";

/**
 * The one place that reads a tool's error text. The texts are those of iproute2 5.10–6.x, iptables 1.8 (nft and legacy), nft 1.0,
 * nsenter and procps under LC_ALL=C; the kernel's errno strings come first since all tools print them.
 */
const TEXTS: [RegExp, FailureCode][] = [
  // Before "No such file": iptables adds that when it has no such extension.
  [/ENOENT.*spawn|spawn .* ENOENT|command not found|Couldn't load (match|target)/i, "unsupported"],
  [/timed out/i, "timeout"],
  [/was killed with SIG|was terminated/i, "killed"],
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
  [/Operation not supported|Unknown device type|Protocol not supported|Extension .* revision/i, "unsupported"],
  [
    /Invalid argument|Error: (either|argument|an? )|bad (rule|command|argument)|is wrong|invalid|is expected rather than|(less|greater) than device m|unknown option/i,
    "invalid",
  ],
];

export function classify(stderr: string): FailureCode {
  return TEXTS.find(([text]) => text.test(stderr))?.[1] ?? "other";
}

/** Does iptables-nft say that there are tables of iptables-legacy besides? */
export const warnsOfLegacy = (stderr: string) => /ip6?tables-legacy tables present/.test(stderr);

/** Which line of which batch file (`-` is standard input) `ip -batch` gave up at; the innermost of nested ones comes first. */
export function failedLines(stderr: string): { file: string; line: number }[] {
  return [...stderr.matchAll(/Command failed (\S+):(\d+)/g)].map(([, file = "", line = "0"]) => ({
    file,
    line: Number(line),
  }));
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
