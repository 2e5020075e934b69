import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

it("over ssh what stands in the way is said as on this machine, and nothing is left", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const shell = async (script: string) =>
      expect((await host.sandbox.run(["sh", "-ec", script])).stderr, script).toBe("");
    const inputs = (args: object) => ({ ...args, host: { connection: host.connection }, __owner: "ssh/words/it" });
    const said = async (kind: Kind, args: object) => {
      const seen = hostAt({ connection: host.connection });
      // A preview asks a host over ssh that it has looked at.
      await seen.view({});
      const { failures } = await lifecycleOn(seen, kind).check({}, inputs(args));
      const lifecycle = lifecycleOn(hostAt({ connection: host.connection }), kind);
      const error = await lifecycle.create(inputs(args)).then(
        () => "",
        ({ message }: Error) => message.split("\n")[0]!,
      );
      return [failures.map(({ property, reason }) => `${property}: ${reason}`).join(), error];
    };
    const named = { name: "n", nameservers: ["10.0.0.53"] };
    const readOnly = `nameservers: "/etc/netns/n/resolv.conf" can't be written, for its file system is read-only: mount it writable (findmnt -T /etc shows it)`;

    await shell("mount -o remount,ro /etc");
    expect(await said("netNamespace", named)).toEqual([readOnly, expect.stringMatching(/Read-only file system: name/)]);
    await shell("mount -o remount,rw /etc");

    await shell(
      "mkdir /etc/netns; mount -t tmpfs -o size=4k small /etc/netns; head -c 4096 /dev/zero >/etc/netns/full",
    );
    expect(await said("netNamespace", named)).toEqual([
      "",
      expect.stringMatching(/: nameservers: "\/etc\/netns\/n\/resolv.conf" can't be written, for no space or no inode/),
    ]);
    expect((await host.sandbox.run(["ls", "-A", "/etc/netns"])).stdout).toBe("full\n");
    await shell("umount /etc/netns; rmdir /etc/netns");

    await shell("mkdir -p /etc/netns/n/resolv.conf");
    expect(await said("netNamespace", named)).toEqual([
      "",
      expect.stringMatching(/Is a directory: nameservers: .* something else is in its place: see what \(ls -Rl/),
    ]);
    await shell("rmdir -p /etc/netns/n/resolv.conf 2>/dev/null || :");

    const unknown = 'sysctls.net.ipv4.no_such: net.ipv4.no_such can\'t be set to "1", for network namespace n has no';
    expect(await said("netNamespace", { name: "n", sysctls: { "net.ipv4.no_such": 1 } })).toEqual([
      expect.stringContaining(unknown),
      expect.stringContaining(unknown),
    ]);

    await shell("mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys");
    const forward = 'forward: net.ipv4.ip_forward can\'t be set to "1", for /proc/sys is read-only';
    expect(await said("bridge", { name: "br", forward: true })).toEqual([
      expect.stringContaining(forward),
      expect.stringContaining(forward),
    ]);
    await shell("umount /proc/sys");
    expect(await host.left()).toEqual([]);
    await closeConnections();
  }));
