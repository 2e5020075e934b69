import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../sandbox/host.js";

/** A way into the sandbox by ssh, from within. */
export interface Sshd extends AsyncDisposable {
  /** `host.connection` of a program. */
  connection: { host: string; user: string; privateKey: string; hostKey: string };
  /** The beginning of a command that goes over one connection shared by all of them. */
  multiplexed: string;
}

/** Starts an sshd in the sandbox that listens on its loopback. */
export async function startSshd(sandbox: Sandbox): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "hostnet-bench-"));
  const file = (name: string) => join(folder, name);
  const sh = async (script: string) => {
    const { exitCode, stderr } = await sandbox.run(["sh", "-c", script]);
    if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode}: ${stderr}`);
  };
  await sh(`for key in ${file("key")} ${file("host")}; do ssh-keygen -q -t ed25519 -N '' -C bench -f $key; done
    printf 'localhost %s\\n' "$(cat ${file("host.pub")})" >${file("known")}
    mkdir -p /run/sshd
    sed -i 's|^\\(root:.*\\):[^:]*$|\\1:/bin/sh|' /etc/passwd`); // what somebody's .bashrc costs is none of our business
  const set = {
    HostKey: file("host"),
    AuthorizedKeysFile: file("key.pub"),
    StrictModes: "no",
    UsePAM: "no",
    PidFile: "none",
  };
  const options = Object.entries(set).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  await sandbox.start(["/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", "ListenAddress=127.0.0.1", ...options]);
  await sh("until ss -Hltn | grep -q 127.0.0.1:22; do sleep 0.05; done");
  const master = `ssh -S ${file("master")} -o UserKnownHostsFile=${file("known")} -o HostKeyAlias=localhost -i ${file("key")} root@127.0.0.1`;
  await sh(`${master.replace("ssh ", "ssh -fNM ")} </dev/null >/dev/null 2>&1`);
  return {
    connection: {
      host: "127.0.0.1",
      user: "root",
      privateKey: await readFile(file("key"), "utf8"),
      hostKey: await readFile(file("host.pub"), "utf8"),
    },
    multiplexed: master,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
