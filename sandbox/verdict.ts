import { debianPackages, howToInstall, type MissingTool, missingMessage } from "../system/packages.js";
import { isDebian } from "./tools.js";

/** What decides about tools: all that was looked at, as data. */
export interface ToolFacts {
  missing: readonly MissingTool[];
  root: boolean;
  /** The ids of /etc/os-release. */
  distribution: readonly string[];
  /** `--no-install` was given. */
  installForbidden: boolean;
}

/** What follows: go on, install these packages first, or stop with this message. */
export type ToolVerdict = { ok: true; install: readonly string[] } | { ok: false; message: string };

/** Decides about missing tools. */
export function judgeTools({ missing, root, distribution, installForbidden }: ToolFacts): ToolVerdict {
  if (missing.length === 0) return { ok: true, install: [] };
  if (root && isDebian(distribution) && !installForbidden) return { ok: true, install: debianPackages(missing) };
  return { ok: false, message: `${missingMessage(missing)} ${howToInstall(missing, distribution, root)}` };
}

/** What tells why a sandbox can't be made: settings of the kernel, undefined where absent. */
export interface NamespaceFacts {
  /** What the failing attempt said. */
  said: string;
  root: boolean;
  /** Whether this process runs in a container. */
  container: boolean;
  /** kernel.unprivileged_userns_clone (Debian, Arch) */
  unprivilegedClone?: string;
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu from 23.10) */
  apparmorRestrict?: string;
  /** user.max_user_namespaces */
  maxUserNamespaces?: string;
}

/** Says in one message why a sandbox can't be made here, and the command that cures it. */
export function explainNamespaces(facts: NamespaceFacts): string {
  const sysctl = (setting: string) =>
    facts.root ? `Allow it: sysctl -w ${setting}` : `Run as root, or allow it: sudo sysctl -w ${setting}`;
  const why = `This machine doesn't let ${facts.root ? "root" : "an ordinary user"} make a throw-away host`;
  if (facts.maxUserNamespaces === "0") {
    return `${why}: user.max_user_namespaces is 0. ${sysctl("user.max_user_namespaces=10000")}`;
  }
  if (!facts.root && facts.unprivilegedClone === "0") {
    return `${why}: kernel.unprivileged_userns_clone is 0. ${sysctl("kernel.unprivileged_userns_clone=1")}`;
  }
  if (!facts.root && facts.apparmorRestrict === "1") {
    const setting = "kernel.apparmor_restrict_unprivileged_userns";
    return `${why}: ${setting} is 1. ${sysctl(`${setting}=0`)}`;
  }
  const cure = facts.container
    ? "Start the container with: docker run --privileged …"
    : facts.root
      ? "It takes CAP_SYS_ADMIN and CAP_NET_ADMIN."
      : "Run as root: sudo -E …";
  return `${why}: ${facts.said.trim() || "no reason given"}. ${cure}`;
}
