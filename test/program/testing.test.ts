import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { Bridge, NetNamespace, VethPair } from "pulumi-hostnet";
import { createHost, destroy, OperationError, preview, refresh, up } from "pulumi-hostnet/testing";
import { describe, expect, it } from "vitest";
import { standIn } from "../../sandbox/mirror.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";

/** A pod on a bridge. */
const pod = ({ mtu = 1400 } = {}) => {
  const home = new Bridge("home", { name: "bridge_home", mtu, addresses: ["10.0.0.1/24"] });
  const netns = new NetNamespace("pod", { name: "pod" });
  const peer = { name: "eth0", namespace: netns, addresses: ["10.0.0.2/24"] };
  new VethPair("pod", { name: "veth_pod", bridge: home, peer });
  return { mac: home.macAddress, token: pulumi.secret("s3cr3t") };
};

const brief = ({ steps }: { steps: { op: string; type: string; name: string }[] }) =>
  steps.map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`).sort();

/** A server that says who it is, and a client that asks it. */
const SERVER = `require("node:net").createServer((c) => c.end("pod")).listen(8080, () => console.log("ready"))`;
const CLIENT = `require("node:net").connect(8080, "10.0.0.2").on("data", (d) => process.stdout.write(d)).on("error", (e) => console.log(e.code))`;

const thrower = () => {
  throw new Error("not that");
};

/** The processes in a network namespace. */
const processesIn = (network: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === network;
    } catch {
      return false;
    }
  });

describe("a program that is a function", () => {
  it("is previewed, made, left alone, healed, read and destroyed, and the host is then as it was", async () => {
    await using host = await createHost();
    const pristine = await host.kernel();
    const planned = await preview(pod, { host });
    expect(planned.outputs).toEqual({ mac: undefined, token: "s3cr3t" });
    expect(planned.kernel).toEqual(pristine);
    const made = await up(pod, { after: planned });
    expect(brief(made)).toEqual(["create Bridge home", "create NetNamespace pod", "create VethPair pod"]);
    expect(made.changes).toEqual({ create: 4 });

    const [link] = JSON.parse((await host.run(["ip", "-json", "link", "show", "bridge_home"])).stdout);
    expect(made.outputs).toEqual({ mac: link.address, token: "s3cr3t" });
    expect(made.kernel.links.bridge_home).toMatchObject({ mtu: 1400, address: link.address });
    expect(made.kernel.namespaces.pod?.links.eth0?.addr_info.map(({ local }) => local)).toContain("10.0.0.2");
    expect(made.resources.find(({ name }) => name === "home")?.outputs.macAddress).toBe(link.address);
    const server = await host.start(["ip", "netns", "exec", "pod", process.execPath, "-e", SERVER], { ready: "ready" });
    expect((await host.run([process.execPath, "-e", CLIENT])).stdout).toBe("pod");
    await server.stop();

    const again = await up(pod, { after: made });
    expect({ steps: again.steps, changes: again.changes, kernel: again.kernel }).toEqual({
      ...{ steps: [], changes: { same: 4 } },
      kernel: made.kernel,
    });
    await host.run(["ip", "link", "set", "bridge_home", "mtu", "1300"]);
    const drifted = await preview(pod, { after: made });
    expect(brief(drifted)).toEqual(["update Bridge home"]);
    expect(drifted.messages.join("\n")).toContain("mtu: found 1300, declared 1400");
    expect((await up(pod, { after: made })).kernel.links.bridge_home?.mtu).toBe(1400);

    await host.run(["ip", "netns", "del", "pod"]);
    expect(brief(await refresh(made))).toEqual(["delete NetNamespace pod", "delete VethPair pod"]);
    const changed = await up(() => pod({ mtu: 1450 }), { after: made });
    expect(brief(changed)).toEqual(["create NetNamespace pod", "create VethPair pod", "update Bridge home"]);
    const gone = await destroy(made);
    expect(brief(gone)).toEqual(["delete Bridge home", "delete NetNamespace pod", "delete VethPair pod"]);
    expect(gone.kernel).toEqual(pristine);
    expect(gone.resources).toEqual([]);
  });

  it("gets its configuration and what other stacks have for outputs", async () => {
    const program = () => {
      const config = new pulumi.Config();
      const other = new pulumi.StackReference("acme/net/prod");
      new Bridge("home", { name: config.require("name"), mtu: other.requireOutput("mtu") as pulumi.Output<number> });
      return { token: config.requireSecret("token"), stack: pulumi.getStack(), project: pulumi.getProject() };
    };
    const config = { name: "br_conf", token: { value: "s3cr3t", secret: true } };
    await using made = await up(program, {
      ...{ config, project: "net", stack: "dev", references: { "acme/net/prod": { mtu: 1280 } } },
    });
    expect(made.kernel.links.br_conf?.mtu).toBe(1280);
    expect(made.outputs).toEqual({ token: "s3cr3t", stack: "dev", project: "net" });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "is refused",
      () => void new Bridge("home", { name: "bridge_of_16_byt" }),
      /name .*"bridge_of_16_byt" has 16 bytes/,
    ],
    [
      "imports",
      () => void new Bridge("home", { name: "br_home" }, { import: "br_home" }),
      /Bridge "home": the option import can't be used; what is there already is taken over with the argument adopt: true/,
    ],
    ["throws", () => Promise.reject(new Error("no such thing")), /no such thing/],
    ["throws later", () => void pulumi.output(1).apply(thrower), /not that/],
    ["lacks configuration", () => new pulumi.Config().require("name"), /test:name/],
  ])("that %s is an error with all that is wrong, and its host is gone", async (_what, program, said) => {
    const failed: OperationError = await up(program).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(failed).toBeInstanceOf(OperationError);
    expect(failed.message).toMatch(said);
    expect(Object.keys(failed.result.kernel.links)).toEqual(["lo"]);
    await expect(failed.result.host.run(["true"])).resolves.not.toMatchObject({ exitCode: 0 });
  });

  it("shows a dead name in /run/netns beside the namespaces, and goes on", async () => {
    await using host = await createHost();
    await host.run(["sh", "-c", "ip netns add alive; ip netns add dead; umount /run/netns/dead"]);
    await using made = await up(() => void new Bridge("home", { name: "br_home" }), { host });
    expect(made.kernel.deadNames).toEqual(["dead"]);
    expect(Object.keys(made.kernel.namespaces)).toEqual(["alive"]);
    expect(made.kernel.links).toHaveProperty("br_home");
    expect((await destroy(made)).kernel.deadNames).toEqual(["dead"]);
  });

  it("shares a host with another stack, which can't take what isn't its own", async () => {
    await using host = await createHost();
    const mine = await up(pod, { host, stack: "mine" });
    const theirs = up(pod, { host, stack: "theirs" });
    await expect(theirs).rejects.toThrow(/(bridge_home|pod) belongs to test\/mine\//);
    expect((await up(pod, { after: mine })).steps).toEqual([]);
  });
});

it("a program that is a folder is run with its project's and its stack's configuration", async () => {
  const folder = standIn(mkdtempSync(join(tmpdir(), "hostnet-testing-")));
  try {
    const config = "config:\n  name: br_default\n  mtu: { default: 1400 }\n";
    writeFileSync(join(folder, "Pulumi.yaml"), `name: folder\nmain: index.mjs\nruntime: nodejs\n${config}`);
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  folder:name: br_dev\n");
    writeFileSync(
      join(folder, "index.mjs"),
      `import * as pulumi from "@pulumi/pulumi";
       import { Bridge } from "pulumi-hostnet";
       const config = new pulumi.Config();
       export const id = new Bridge("b", { name: config.require("name"), mtu: config.requireNumber("mtu") }).id;`,
    );
    await using dev = await up(folder, { stack: "dev", config: { mtu: "1300" } });
    expect(dev.kernel.links.br_dev?.mtu).toBe(1300);
    expect(dev.outputs.id).toContain("br_dev");
    expect((await up(folder, { after: dev })).kernel.links.br_dev?.mtu).toBe(1400);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ["no folder", () => up("/no/such/folder"), /\/no\/such\/folder is no folder; give the folder of a Pulumi\.yaml/],
  ["a folder without a project", () => up(tmpdir()), /no Pulumi\.yaml/],
  ["a key that is none", () => up(pod, { config: { "a:b:c": "1" } }), /"a:b:c" is no configuration key/],
  [
    "a folder without the SDK",
    () => up(pod, { folder: "/" }),
    /no @pulumi\/pulumi is found from \/. Have you run `npm install`\?/,
  ],
])("%s is refused with the cure", async (_what, run, said) => {
  await expect(run()).rejects.toThrow(said);
});

it("hosts vanish with all that runs on them: when closed, and when the process that made them is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-testing-"));
  const network = async (run: (argv: string[]) => Promise<{ stdout: string }>) =>
    (await run(["readlink", "/proc/self/ns/net"])).stdout.trim();
  let mine = "";
  {
    await using made = await up(pod);
    mine = await network((argv) => made.host.run(argv));
    await made.host.start(["sleep", "300002"]);
    expect(processesIn(mine)).not.toEqual([]);
  }
  await expect.poll(() => processesIn(mine), { timeout: stretched(5000) }).toEqual([]);

  const script = `
    import { up } from "pulumi-hostnet/testing";
    import { Bridge } from "pulumi-hostnet";
    const made = await up(() => { new Bridge("home", { name: "bridge_home" }); });
    await made.host.start(["sleep", "300002"]);
    console.log((await made.host.run(["readlink", "/proc/self/ns/net"])).stdout);
    await up(() => { new Bridge("home", { name: "bridge_home" }); return new Promise(() => {}); }, { after: made });`;
  const maker = execa(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: repositoryRoot,
    env: { TMPDIR: folder },
    reject: false,
  });
  const theirs = await new Promise<string>((resolve) =>
    maker.stdout.on("data", (text) => /net:\[\d+\]/.exec(String(text)) && resolve(String(text).trim())),
  );
  expect(theirs).toMatch(/^net:/);
  expect(processesIn(theirs)).not.toEqual([]);
  process.kill(maker.pid!, "SIGKILL");
  await expect.poll(() => processesIn(theirs), { timeout: stretched(5000) }).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
