import type { Connection, JumpHost } from "../../kernel/host-address.js";
import { commandLine } from "./quote.js";

/** Where the secrets of one end lie while it is dialled. */
export interface SecretFiles {
  askpass?: string;
  identity?: string;
  knownHosts?: string;
}

/** Seconds without an answer after which a connection counts as lost: three times this. */
const ALIVE_SECONDS = 5;

/** The name under which a given host key is known, so that the port makes no difference. */
export const KEY_ALIAS = "hostnet-host";

/**
 * `-o` options of ssh_config(5) for one end. The rest stays as the ssh configuration files have it.
 */
function options(end: JumpHost, files: SecretFiles): string[] {
  const asks = end.password !== undefined || end.privateKeyPassword !== undefined;
  const set: Record<string, string | undefined> = {
    BatchMode: asks ? "no" : "yes",
    NumberOfPasswordPrompts: "1",
    ConnectTimeout: end.perDialTimeout > 0 ? String(end.perDialTimeout) : undefined,
    ServerAliveInterval: String(ALIVE_SECONDS),
    ServerAliveCountMax: "3",
    LogLevel: "ERROR",
    // A master that is there is used; none is left behind.
    ControlMaster: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    RequestTTY: "no",
    IdentityAgent: end.agentSocketPath,
    IdentitiesOnly: files.identity ? "yes" : undefined,
    StrictHostKeyChecking: files.knownHosts ? "yes" : end.hostKeyChecking,
    ...(files.knownHosts
      ? {
          HostKeyAlias: KEY_ALIAS,
          UserKnownHostsFile: files.knownHosts,
          GlobalKnownHostsFile: "/dev/null",
          CheckHostIP: "no",
          UpdateHostKeys: "no",
        }
      : {}),
  };
  return [
    ...Object.entries(set).flatMap(([key, value]) => (value === undefined ? [] : ["-o", `${key}=${value}`])),
    ...(files.identity ? ["-i", files.identity] : []),
    ...(end.port === undefined ? [] : ["-p", String(end.port)]),
    ...(end.user === undefined ? [] : ["-l", end.user]),
  ];
}

/**
 * Becomes root where the login isn't, and then the shell that is talked to. `$0` names us to other
 * runs that wait for our lock.
 */
function remoteShell(become: "sudo" | "doas" | "none" | undefined, holder: string): string {
  const how = become === "none" ? "" : `[ "$(id -u)" = 0 ] || exec ${become ?? "sudo"} -n sh -s "$0"; `;
  return `exec ${commandLine(["sh", "-c", `${how}exec sh -s "$0"`, holder])}`;
}

export interface SshCommand {
  argv: string[];
  env: Record<string, string>;
}

/** The command that opens a root shell on a host. No secret is in it, only names of files. */
export function sshCommand(
  connection: Connection,
  become: "sudo" | "doas" | "none" | undefined,
  holder: string,
  files: { target: SecretFiles; proxy: SecretFiles },
  fresh: boolean,
): SshCommand {
  const { proxy } = connection;
  const through = proxy ? ["-o", `ProxyCommand=${proxyCommand(proxy, files.proxy)}`] : [];
  return {
    argv: [
      "ssh",
      "-T",
      ...(fresh ? ["-o", "ControlPath=none"] : []),
      ...options(connection, files.target),
      ...through,
      "--",
      connection.host,
      remoteShell(become, holder),
    ],
    env: Object.fromEntries(askpassEnv(files.target).map((each) => each.split("=") as [string, string])),
  };
}

/**
 * A jump host with credentials of its own, which `ssh -J` takes from ~/.ssh/config alone. A `%` is
 * special in a ProxyCommand, so those in values are doubled.
 */
function proxyCommand(proxy: JumpHost, files: SecretFiles): string {
  const words = ["env", ...askpassEnv(files), "ssh", ...options(proxy, files)].map((word) =>
    word.replaceAll("%", "%%"),
  );
  return commandLine([...words, "-W", "[%h]:%p", "--", proxy.host.replaceAll("%", "%%")]);
}

/** ssh(1): "force" asks the program even where there is a terminal, and without a display. */
const askpassEnv = ({ askpass }: SecretFiles): string[] =>
  askpass === undefined ? ["SSH_ASKPASS="] : [`SSH_ASKPASS=${askpass}`, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"];
