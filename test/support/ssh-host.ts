import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { needsUserNamespace } from "../../sandbox/privilege.js";
import { stretched } from "../../sandbox/slow.js";
import {
  createSandbox,
  differences,
  type HostState,
  hostState,
  output,
  requireSandbox,
  run,
  type Sandbox,
} from "./host.js";

/** A user of a test's hosts, who is no administrator before sudo makes him one. */
export const OPERATOR = { name: "operator", password: "p \"w'd $HOME" };

/** Why a host over ssh can't be had here; undefined when it can. */
export async function whyNoSsh(): Promise<string | undefined> {
  const tools = ["/usr/sbin/sshd", "ssh", "ssh-keygen", "openssl", "sudo", "ss", "pkill"];
  const missing: string[] = [];
  for (const tool of tools)
    if ((await run(["sh", "-c", 'command -v "$1"', "sh", tool])).exitCode !== 0) missing.push(tool);
  if (missing.length > 0) return `no ${missing.join(", ")} (Debian: openssh-server openssh-client openssl sudo)`;
  return needsUserNamespace() || !(await output(["cat", "/proc/self/uid_map"])).includes("4294967295")
    ? "sshd needs more users than an ordinary user's namespace has"
    : undefined;
}

/** Another throw-away host with a real sshd, linked by a cable to the host of the test. */
export interface SshHost extends AsyncDisposable {
  sandbox: Sandbox;
  address: string;
  /** The name of the cable's end on the host of the test. */
  link: string;
  /** What a program gives as `host.connection`: root, by key. */
  connection: { host: string; user: string; privateKey: string; hostKey: string; dialErrorLimit: number };
  /** Ends the connections that stand, and takes new ones as before; returns the new host key. */
  restart(options?: { newHostKey?: boolean; config?: string }): Promise<string>;
  stop(): Promise<void>;
  /** Lets the operator become root without a password, or, with `asking`, with one. */
  allowSudo(options?: { asking?: boolean }): Promise<void>;
  /** How often somebody has logged in. */
  logins(): Promise<number>;
  /** What differs from the host as it was when it was made. */
  left(): Promise<string[]>;
}

let made = 0;

export async function sshHost(): Promise<SshHost> {
  requireSandbox();
  const number = ++made;
  const folder = await mkdtemp(join(tmpdir(), "hostnet-sshd-"));
  await chmod(folder, 0o755); // its users read their authorized keys here
  const sandbox = await createSandbox();
  const [here, address, link] = [`192.0.2.${4 * number + 1}`, `192.0.2.${4 * number + 2}`, `ssh_${number}`];
  await output(["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", String(sandbox.pid)]);
  // No address of its own accord, which would be tentative for a while.
  await output(["ip", "link", "set", "dev", link, "addrgenmode", "none"]);
  await output(["ip", "addr", "add", `${here}/30`, "dev", link]);
  await output(["ip", "link", "set", "dev", link, "up"]);
  const inside = async (script: string, input?: string) => {
    const { exitCode, stderr, stdout } = await sandbox.run(["sh", "-c", script], { input });
    if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode}: ${stderr}`);
    return stdout;
  };
  const key = join(folder, "key");
  await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const hash = (await output(["openssl", "passwd", "-6", "-stdin"], { input: OPERATOR.password })).trim();
  // A login shell that reads nobody's .bashrc.
  await inside(`ip link set dev eth0 addrgenmode none && ip addr add ${address}/30 dev eth0 && ip link set dev eth0 up && mkdir -p /run/sshd
    sed -i 's|^\\(root:.*\\):[^:]*$|\\1:/bin/sh|' /etc/passwd
    echo '${OPERATOR.name}:x:4711:4711::/:/bin/sh' >>/etc/passwd
    echo '${OPERATOR.name}:${hash}:19000:0:99999:7:::' >>/etc/shadow`);

  const log = join(folder, "log");
  let daemon: Awaited<ReturnType<Sandbox["start"]>> | undefined;
  const start = async (config = "") => {
    await writeFile(
      join(folder, "sshd_config"),
      `${config}
ListenAddress ${address}
HostKey ${join(folder, "host")}
AuthorizedKeysFile ${key}.pub
StrictModes no
UsePAM no
PidFile none
LogLevel INFO
PermitRootLogin yes
`,
    );
    daemon = await sandbox.start(["/usr/sbin/sshd", "-D", "-E", log, "-f", join(folder, "sshd_config")]);
    // The kernel tells a link's state in its own time.
    for (const end = Date.now() + stretched(30_000); Date.now() < end; await sleep(20)) {
      const { stdout } = await sandbox.run(["sh", "-c", "ss -Hltn; cat /sys/class/net/eth0/operstate"]);
      if (stdout.includes(`${address}:22`) && stdout.endsWith("up\n")) return;
    }
    throw new Error(`sshd doesn't come up: ${await readFile(log, "utf8").catch(() => "")}`);
  };
  const newHostKey = async () => {
    await rm(join(folder, "host"), { force: true });
    await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", join(folder, "host")]);
  };
  const hostKey = () => readFile(join(folder, "host.pub"), "utf8");
  const look = (): Promise<HostState> => hostState((argv) => sandbox.run(argv));
  const stop = async () => {
    await daemon?.stop();
    await sandbox.run(["pkill", "-x", "sshd"]);
  };

  await newHostKey();
  await start();
  const before = await look();
  return {
    sandbox,
    address,
    link,
    connection: {
      host: address,
      user: "root",
      privateKey: await readFile(key, "utf8"),
      hostKey: await hostKey(),
      dialErrorLimit: 1,
    },
    restart: async ({ newHostKey: anew = false, config = "" } = {}) => {
      await stop();
      if (anew) await newHostKey();
      await start(config);
      return await hostKey();
    },
    stop,
    allowSudo: async ({ asking = false } = {}) => {
      const how = asking ? "ALL" : "NOPASSWD: ALL";
      const text = `root ALL=(ALL) ALL\n${OPERATOR.name} ALL=(ALL) ${how}\n`;
      await inside("cat >/etc/sudoers && chmod 440 /etc/sudoers", text);
    },
    logins: async () => (await readFile(log, "utf8")).match(/^Accepted /gm)?.length ?? 0,
    left: async () => differences(before, await look()),
    [Symbol.asyncDispose]: async () => {
      await output(["ip", "link", "del", "dev", link]);
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
