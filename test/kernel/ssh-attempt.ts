import { expect } from "vitest";
import type { Host } from "../../provider/host/host.js";
import { leavesNothing } from "../support/host.js";
import { type SshHost, sshHost } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { Stack } from "./stack.js";

type Args = Record<string, unknown>;

/** A host over ssh; what is given is said otherwise than the host's own connection says it. */
export const hostWith = (host: SshHost, connection: Args = {}, args: Args = {}) =>
  hostAt({ connection: { ...host.connection, ...connection }, ...args });

/** What making a bridge there ends with: "" when it was made (and taken away again). */
export async function attempt(host: Host): Promise<string> {
  const stack = new Stack("ssh", host, () => host);
  try {
    await stack.make("bridge", "home", { name: "bridge_home" });
    await stack.destroy();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs `body` with a host over ssh, and asserts that nothing is left there or here. */
export async function inside<T>(body: (host: SshHost) => Promise<T>): Promise<T> {
  return leavesNothing(async () => {
    await using host = await sshHost();
    const result = await body(host);
    expect(await host.left()).toEqual([]);
    await closeConnections();
    return result;
  });
}
