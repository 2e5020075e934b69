import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../provider/host/host.js";
import { leavesNothing, output } from "../support/host.js";
import { OPERATOR, type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { attempt, hostWith, inside } from "./ssh-attempt.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

const wrongKey = async () => {
  const folder = (await output(["mktemp", "-d"])).trim();
  await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${folder}/key`]);
  const text = await output(["cat", `${folder}/key`]);
  await output(["rm", "-r", folder]);
  return text;
};

/** A tool that the tests themselves don't need. */
const flock = async () => (await output(["sh", "-c", "command -v flock"])).trim();

describe("a host that can't be had is a clear error with its cure", () => {
  it.each<[string, (host: SshHost) => Promise<Host>, RegExp]>([
    [
      "nothing listens there",
      async (host) => hostWith(host, { port: 2222 }),
      /2222 can't be reached.*refused[\s\S]*start sshd there, or correct/,
    ],
    [
      "a key that isn't its user's",
      async (host) => hostWith(host, { privateKey: await wrongKey() }),
      /Permission denied[\s\S]*give host.connection.user with/,
    ],
    [
      "a name that nobody knows",
      async (host) => hostWith(host, { host: "nowhere.invalid" }),
      /unknown-host[\s\S]*correct host.connection.host/,
    ],
    [
      "a host key that has changed",
      async (host) => {
        await host.restart({ newHostKey: true });
        return hostWith(host);
      },
      /host-key-changed[\s\S]*correct host.connection.hostKey/,
    ],
    [
      "a host key that nobody vouches for",
      async (host) => hostWith(host, { hostKey: undefined }),
      /host-key-unknown[\s\S]*hostKeyChecking: "accept-new"/,
    ],
    [
      "sudo that wants a password",
      async (host) => {
        await host.allowSudo({ asking: true });
        return hostWith(host, { user: OPERATOR.name });
      },
      /become-password[\s\S]*NOPASSWD/,
    ],
    [
      "a login without rights",
      async (host) => hostWith(host, { user: OPERATOR.name }, { become: "none" }),
      /may not change its network: log in as root/,
    ],
    [
      "a tool that is missing",
      async (host) => {
        await host.sandbox.run(["mount", "--bind", "/dev/null", await flock()]);
        return hostWith(host);
      },
      /lacks what changes a network: flock\. Install it there/,
    ],
  ])("%s", (_, prepare, message) =>
    inside(async (host) => {
      expect(await attempt(await prepare(host))).toMatch(message);
      await host.sandbox.run(["umount", await flock()]);
    }),
  );
});

it("a host that is gone when its resources are deleted: fails, or is forgotten when told so", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const made = { connection: { ...host.connection }, onUnreachable: "forget" as const };
    const stack = new Stack("ssh", hostAt(made), () => hostAt(made));
    await stack.make("bridge", "home", { name: "bridge_home", host: { connection: host.connection } });
    await stack.make("bridge", "work", { name: "bridge_work", host: made });
    await closeConnections();
    await host.stop();
    await stack.remove("work");
    await closeConnections();
    await expect(stack.remove("home")).rejects.toThrow(/can't be reached over ssh \(refused\)/);
    await closeConnections();
  }));
