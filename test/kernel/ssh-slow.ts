import { setTimeout as sleep } from "node:timers/promises";
import type { SshHost } from "../support/ssh-host.js";

export const BRIDGE = { name: "bridge_home", addresses: ["10.0.0.1/24"], forward: true, masquerade: ["10.0.0.0/24"] };

/** A tool that says when it begins to change something, and takes its time before it does. */
const SLOW = `#!/bin/bash
case "$0 $*" in *-save* | *" -j"* | *" -V" | *" --version" | *" netns delete pulumi-hostnet-asks") ;; *) touch /run/begun; sleep 2 ;; esac
exec -a "$0" /run/real "$@"
`;

/** Returns what to unmount for it to be its old self. */
export async function slowDown(host: SshHost, tool: string): Promise<string> {
  const script = `cat >/run/slow && chmod 755 /run/slow
real=$(readlink -f "$(command -v ${tool})") && cp "$real" /run/real && mount --bind /run/slow "$real" && echo "$real"`;
  const { exitCode, stderr, stdout } = await host.sandbox.run(["sh", "-c", script], { input: SLOW });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Resolves when a slow tool has begun. */
export const begun = async (host: SshHost) => {
  while ((await host.sandbox.run(["test", "-e", "/run/begun"])).exitCode !== 0) await sleep(50);
};

/** Whether each part of BRIDGE is on the host. */
export const facts = async (host: SshHost) => {
  const text = async (argv: string[]) => (await host.sandbox.run(argv)).stdout;
  return {
    bridge: /bridge_home/.test(await text(["ip", "link"])),
    forwards: (await text(["cat", "/proc/sys/net/ipv4/ip_forward"])).trim() === "1",
    masquerades: /MASQUERADE/.test(await text(["iptables-save"])),
  };
};
