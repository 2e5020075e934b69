import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { output, run } from "../support/host.js";
import { OPERATOR, type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections } from "./over-ssh.js";
import { attempt, hostWith, inside } from "./ssh-attempt.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

/** A folder that goes again. */
async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hostnet-logins-"));
  return await body(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

/** Makes a folder root's home in this sandbox's own /etc: ssh asks the user database, not HOME. */
async function withHome<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const before = await readFile("/etc/passwd", "utf8");
  await writeFile("/etc/passwd", before.replace(/^(root:(?:[^:]*:){4})[^:]*/m, `$1${folder}`));
  return await body().finally(() => writeFile("/etc/passwd", before));
}

const only = (host: SshHost, connection: object) =>
  hostWith(host, { privateKey: undefined, hostKey: undefined, user: undefined, ...connection });

/** The command lines of all processes, looked at until it is over. */
async function commandLines(over: () => boolean): Promise<string[]> {
  const seen = new Set<string>();
  while (!over()) {
    const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    for (const process of processes) {
      const words = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
      seen.add(words.replaceAll("\0", " "));
    }
  }
  return [...seen];
}

/** Every file in a folder that there has been until it is over, with the rights that it had. */
async function rightsOf(folder: string, over: () => boolean): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  while (!over()) {
    for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found) seen[basename(name).replace(/^hostnet-ssh-.*/, "the folder")] = (found.mode & 0o777).toString(8);
    }
  }
  return seen;
}

/** The command lines that give a secret away, however it is quoted there. */
const telling = (lines: string[], secret: string) => {
  const bare = (text: string) => text.replace(/[\\"'\s]/g, "");
  return lines.filter((line) => bare(line).includes(bare(secret)));
};

it("a key and its passphrase lie in files of their user's own while ssh dials, are on no command line, and gone as soon as the connection stands", () =>
  inside((host) =>
    withFolder(async (folder) => {
      const before = process.env.TMPDIR;
      process.env.TMPDIR = folder;
      try {
        let over = false;
        const seen = rightsOf(folder, () => over);
        const lines = commandLines(() => over);
        expect(await attempt(hostWith(host, { privateKeyPassword: OPERATOR.password }))).toBe("");
        over = true;
        for (const secret of [OPERATOR.password, host.connection.privateKey.split("\n")[1]!])
          expect(telling(await lines, secret)).toEqual([]);
        expect(await seen).toEqual({
          "the folder": "700",
          "target-askpass": "700",
          "target-key": "600",
          "target-known-hosts": "600",
          "target-passphrase": "600",
        });
        expect(await readdir(folder)).toEqual([]);
      } finally {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      }
    }),
  ));

it("a user with a password, which is on no command line, who may sudo without one", () =>
  inside(async (host) => {
    await host.allowSudo();
    const user = hostWith(host, { user: OPERATOR.name, password: OPERATOR.password, privateKey: undefined });
    let over = false;
    const seen = commandLines(() => over);
    expect(await attempt(user)).toBe("");
    over = true;
    const lines = await seen;
    expect(lines.filter((line) => line.startsWith("ssh ")).join()).toContain(host.address);
    expect(telling(lines, OPERATOR.password)).toEqual([]);
  }));

it("through a jump host with a key of its own", () =>
  inside(async (host) => {
    await using jump = await sshHost();
    const [near, far] = ["198.51.100.1", "198.51.100.2"];
    const ends = ["jump0", "netns", String(jump.sandbox.pid), "type", "veth", "peer", "name", "eth1", "netns"];
    await output(["ip", "link", "add", ...ends, String(host.sandbox.pid)]);
    await jump.sandbox.run(["sh", "-c", `ip addr add ${near}/30 dev jump0; ip link set dev jump0 up`]);
    await host.sandbox.run(["sh", "-c", `ip addr add ${far}/30 dev eth1; ip link set dev eth1 up`]);
    await host.restart({ config: `ListenAddress ${far}` });
    expect(await attempt(hostWith(host, { host: far, perDialTimeout: 2 }))).toMatch(/can't be reached/);
    expect(await attempt(hostWith(host, { host: far, proxy: jump.connection }))).toBe("");
    expect([await jump.logins(), await host.logins()]).toEqual([1, 1]);
    await closeConnections();
    await host.sandbox.run(["ip", "link", "del", "dev", "eth1"]);
  }));

it("a key with a passphrase, and not with another one", () =>
  inside((host) =>
    withFolder(async (folder) => {
      const key = join(folder, "key");
      await writeFile(key, host.connection.privateKey, { mode: 0o600 });
      await output(["ssh-keygen", "-q", "-p", "-P", "", "-N", OPERATOR.password, "-f", key]);
      const privateKey = await readFile(key, "utf8");
      const wrong = hostWith(host, { privateKey, privateKeyPassword: "another" });
      expect(await attempt(wrong)).toMatch(/authentication/);
      expect(await attempt(hostWith(host, { privateKey, privateKeyPassword: OPERATOR.password }))).toBe("");
    }),
  ));

it("an agent's key", () =>
  inside((host) =>
    withFolder(async (folder) => {
      const agentSocketPath = join(folder, "agent");
      const started = await output(["ssh-agent", "-a", agentSocketPath]);
      try {
        await writeFile(join(folder, "key"), host.connection.privateKey, { mode: 0o600 });
        await output(["ssh-add", "-q", join(folder, "key")], { env: { SSH_AUTH_SOCK: agentSocketPath } });
        expect(await attempt(hostWith(host, { privateKey: undefined }))).toMatch(/authentication/);
        expect(await attempt(hostWith(host, { privateKey: undefined, agentSocketPath }))).toBe("");
      } finally {
        await run(["kill", /SSH_AGENT_PID=(\d+)/.exec(started)![1]!]);
      }
    }),
  ));

it("a name of ~/.ssh/config, with what is said there; a new host's key is noted when that is asked for", () =>
  inside((host) =>
    withFolder((folder) =>
      withHome(folder, async () => {
        await mkdir(join(folder, ".ssh"), { mode: 0o700 });
        await writeFile(join(folder, ".ssh/key"), host.connection.privateKey, { mode: 0o600 });
        const config = `Host router\n  HostName ${host.address}\n  User root\n  IdentityFile ${folder}/.ssh/key\n`;
        await writeFile(join(folder, ".ssh/config"), config);
        expect(await attempt(only(host, { host: "router" }))).toMatch(/host-key-unknown/);
        await closeConnections();
        expect(await attempt(only(host, { host: "router", hostKeyChecking: "accept-new" }))).toBe("");
        expect(await readFile(join(folder, ".ssh/known_hosts"), "utf8")).not.toBe("");
        await closeConnections();
        expect(await attempt(only(host, { host: "router" }))).toBe("");
      }),
    ),
  ));
