import { expect } from "vitest";
import { Connections } from "../../provider/host/ssh/connections.js";
import { hostAddress } from "../../provider/kernel/host-address.js";
import { RealHost } from "../support/real-host.js";
import type { SshHost } from "../support/ssh-host.js";

/** The connections that a test has: its runs share them until it closes them. */
export const connections = new Connections();
export const closeConnections = () => connections.close();

/** A host as its argument `host` names it. */
export const hostAt = (address: object) => new RealHost(hostAddress.parse(address), { connections });

/** Runs a script there, at its console. It must end well and complain of nothing. */
export async function runThere({ sandbox }: SshHost, script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await sandbox.run(["sh", "-c", script]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout;
}
