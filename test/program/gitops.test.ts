import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repositoryRoot } from "../../sandbox/root.js";
import { withSystemFolders } from "../../system/path.js";
import { type Engine, embedded, engines } from "../support/engines.js";
import { leavesNothing, output, run } from "../support/host.js";
import { inSoak } from "../support/size.js";
import { steadyState } from "../support/steady.js";
import { request, withServers } from "../support/traffic.js";

const EXAMPLE = join(repositoryRoot, "examples/gitops");
const VIP = "http://10.100.100.100/";

/** A git that knows nobody's settings, and commits as somebody. */
const GIT_ENV = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  ...Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) => [
      [`GIT_${who}_NAME`, "test"],
      [`GIT_${who}_EMAIL`, "test@example.com"],
    ]),
  ),
};

let folder: string;
beforeEach(async ({ skip }) => {
  if ((await run(["git", "--version"])).exitCode !== 0) skip("no git (Debian: git)");
  folder = mkdtempSync(join(tmpdir(), "hostnet-gitops-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The packages of this clone, for programs below a folder. */
function linkPackages(below: string): void {
  mkdirSync(join(below, "node_modules"));
  symlinkSync(repositoryRoot, join(below, "node_modules/pulumi-hostnet"));
  symlinkSync(join(repositoryRoot, "node_modules/@pulumi"), join(below, "node_modules/@pulumi"));
}

/** A host as README makes it, and a clone of somebody who pushes to it. */
async function deployment({ engine, env }: Engine) {
  const [server, mine] = [join(folder, "server"), join(folder, "mine")];
  await output([join(EXAMPLE, "server/install.sh"), server], { env: { ...env, ENGINE: engine.join(" ") } });
  linkPackages(server);
  cpSync(EXAMPLE, mine, { recursive: true });
  const git = (...args: string[]) => run(["git", "-C", mine, ...args], { env: GIT_ENV });
  const edit = (file: string, from: string, to: string) => {
    const text = readFileSync(join(mine, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(mine, file), text.replace(from, to));
  };
  const push = async () => {
    expect(await git("add", ".")).toMatchObject({ exitCode: 0 });
    expect(await git("commit", "--message", "A change")).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await git("push", join(server, "network.git"), "main");
    return { exitCode, said: stderr };
  };
  // As systemd starts it: without anything of a shell's environment.
  const network = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await run(["env", "-i", join(server, "network"), ...words]);
    return { exitCode, said: stdout + stderr };
  };
  expect(await git("init", "--initial-branch=main")).toMatchObject({ exitCode: 0 });
  const deployed = async () => {
    const { stdout } = await git("ls-remote", join(server, "network.git"), "main");
    return stdout.split("\t")[0];
  };
  return { server, edit, push, network, deployed };
}

/** Who answers at the virtual IP, in sixty requests. */
const answering = (pods: readonly string[]) =>
  withServers(
    pods.map((netns) => ({ netns, name: netns, port: 8080 })),
    async () => {
      const { answers, failures } = await request({ url: VIP, count: 60 });
      expect(failures).toEqual({});
      return Object.keys(answers).sort();
    },
  );

const namespaces = async () => [...(await output(["ip", "netns"])).matchAll(/^\S+/gm)].map(String).sort();

describe.each(engines)("examples/gitops on $name", (engine) => {
  it("a push makes the network, a bad one is refused, the drift job says what differs", async ({ skip }) => {
    if (engine.missing !== undefined) skip(engine.missing);
    await leavesNothing(async () => {
      const { server, edit, push, network, deployed } = await deployment(engine);

      const first = await push();
      expect(first).toMatchObject({ exitCode: 0 });
      expect(first.said).toMatch(/14 to create[\s\S]*14 created/);
      expect(await namespaces()).toEqual(["pod0", "pod1"]);
      expect(await output(["iptables-save", "-t", "nat"])).toContain("-A SERVICES-SVC-HTTP ");
      expect(await answering(["pod0", "pod1"])).toEqual(["pod0", "pod1"]);

      edit("Pulumi.prod.yaml", "pods: 2", "pods: 3");
      const second = await push();
      expect(second).toMatchObject({ exitCode: 0 });
      expect(second.said).toMatch(/4 to create[\s\S]*14 unchanged[\s\S]*4 created/);
      expect(await answering(["pod0", "pod1", "pod2"])).toEqual(["pod0", "pod1", "pod2"]);
      const [made, commit] = [await steadyState(), await deployed()];

      edit("index.js", "10.100.100.100", "10.100.100.300");
      const bad = await push();
      expect(bad.exitCode).toBe(1);
      expect(bad.said).toMatch(
        /resource 'http'[\s\S]*address[\s\S]*"10\.100\.100\.300" is no IPv4 address: write four/,
      );
      expect(bad.said).toContain("[remote rejected] main -> main (hook declined)");
      expect(await deployed()).toBe(commit);
      expect(await steadyState()).toEqual(made);

      expect(await network("drift")).toMatchObject({ exitCode: 0, said: expect.stringMatching(/18 unchanged/) });
      await output(["iptables", "-t", "nat", "-F", "SERVICES-SEP-HTTP1"]);
      await output(["ip", "link", "del", "veth_pod2"]);
      const broken = await steadyState();
      const drift = await network("drift");
      expect(drift.exitCode).not.toBe(0);
      expect(drift.said).toContain("no changes were expected");
      expect(readFileSync(join(server, "drift.txt"), "utf8")).toBe(drift.said);
      expect(drift.said).toMatch(/Endpoint HTTP1: address: found none, declared 10\.0\.0\.11/);
      expect(drift.said).toMatch(/VethPair veth_pod2: name: found none, declared veth_pod2/);
      expect(drift.said).not.toMatch(/HTTP0: |HTTP2: |veth_pod[01]: /);
      expect(await steadyState()).toEqual(broken);

      expect(await network("up", "main")).toMatchObject({ exitCode: 0 });
      expect(await steadyState()).toEqual(made);
      expect(await network("destroy", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
    });
  });
});

interface Job {
  steps: { run?: string }[];
}

/** What the pipeline's jobs run, but for the installation, which needs a registry. */
function pipelineCommands(): Record<string, string[]> {
  const text = readFileSync(join(EXAMPLE, ".github/workflows/network.yml"), "utf8");
  const { jobs } = parse(text) as { jobs: Record<string, Job> };
  const commands = ({ steps }: Job) => steps.flatMap(({ run: line }) => (!line || line === "npm ci" ? [] : [line]));
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, commands(job)]));
}

it.each(inSoak("the pipeline's commands"))("examples/gitops: %s preview, deploy, and fail when there is drift", () =>
  leavesNothing(async () => {
    const work = join(folder, "work");
    cpSync(EXAMPLE, work, { recursive: true });
    linkPackages(work);
    mkdirSync(join(work, "node_modules/.bin"));
    const shim = `#!/bin/sh\nexec ${embedded.engine.join(" ")} "$@"\n`;
    writeFileSync(join(work, "node_modules/.bin/hostnet"), shim, { mode: 0o755 });
    mkdirSync(join(folder, "state"));
    const env = {
      PATH: withSystemFolders(process.env.PATH),
      HOME: folder,
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "secret",
    };
    const sh = async (script: string) => {
      const { exitCode, stdout, stderr } = await run(["env", "-C", work, "sh", "-c", script], { env });
      return { exitCode, said: stdout + stderr };
    };
    expect(await sh("npx hostnet stack init prod")).toMatchObject({ exitCode: 0 });
    const { preview, up, drift, ...others } = pipelineCommands();
    expect(others).toEqual({});
    const job = (lines: string[] | undefined) => sh(`set -e\n${lines!.join("\n")}`);
    expect(await job(preview)).toMatchObject({ exitCode: 0, said: expect.stringContaining("14 to create") });
    expect(await namespaces()).toEqual([]);
    expect(await job(up)).toMatchObject({ exitCode: 0, said: expect.stringContaining("14 created") });
    expect(await answering(["pod0", "pod1"])).toEqual(["pod0", "pod1"]);
    await output(["ip", "link", "del", "veth_pod1"]);
    const late = await job(drift);
    expect(late.exitCode).not.toBe(0);
    expect(late.said).toMatch(/VethPair veth_pod1: name: found none, declared veth_pod1/);
    expect(await sh("npx hostnet destroy --yes --skip-preview --stack prod")).toMatchObject({ exitCode: 0 });
  }),
);

it("examples/gitops: systemd takes the units of the drift job", async ({ skip }) => {
  if ((await run(["systemd-analyze", "--version"])).exitCode !== 0) skip("no systemd-analyze (Debian: systemd)");
  const server = join(folder, "server");
  await output([join(EXAMPLE, "server/install.sh"), server]);
  const units = ["network-drift.service", "network-drift.timer"].map((unit) => join(server, unit));
  expect(await run(["systemd-analyze", "verify", ...units])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readFileSync(units[0]!, "utf8")).toContain(`ExecStart=${server}/network drift\n`);
});
