import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { createHost, destroy, preview, refresh, up } from "pulumi-hostnet/testing";
import { describe, expect, it, vi } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { embedded } from "../support/engines.js";
import { leavesNothing } from "../support/host.js";
import { AS_NOBODY, canBeNobody } from "../support/nobody.js";
import { Project } from "../support/project.js";
import { declare } from "./any.js";

const INTRUDER = join(repositoryRoot, "test/support/intruder.mjs");
const SECRET = "a-secret-that-nobody-else-hears";

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { Bridge, NetNamespace, VethPair } from "pulumi-hostnet";

const home = new Bridge("home", { name: "bridge_home", addresses: ["10.0.0.1/24"] });
const leah = new NetNamespace("leah", { name: "netns_leah" });
new VethPair("leah", {
  name: "veth_leah",
  bridge: home,
  peer: { name: "veth_ns_leah", namespace: leah, addresses: ["10.0.0.2/24"] },
});
export const letters = new pulumi.Config().requireSecret("secret").apply((text: string) => text.length);
`;

/** A project whose program is compiled while it is started. */
function writeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-typescript-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: typescript\nruntime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "typescript", main: "index.ts" }));
  writeFileSync(join(folder, "index.ts"), PROGRAM);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repositoryRoot, join(folder, "node_modules/pulumi-hostnet"));
  symlinkSync(join(repositoryRoot, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
  return folder;
}

interface Found {
  got: string[];
  refused: string[];
  looks: number;
}

/** A temporary folder that all users share, as /tmp is. */
interface Shared {
  folder: string;
  /**
   * What another user has made there before: where ts-node would keep compiled programs by itself.
   */
  bait: string;
  home: string;
}

/**
 * Runs `body` while another user tries all that he can reach, and holds the lock that each user can
 * take.
 */
async function watched(body: (shared: Shared) => Promise<void>): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-shared-"));
  chmodSync(folder, 0o1777);
  const home = join(folder, "root");
  mkdirSync(home, { mode: 0o700 });
  const bait = join(folder, `ts-node-${createHash("sha256").update(home).digest("hex")}`);
  const [setpriv = "", ...asNobody] = AS_NOBODY;
  await execa(setpriv, [...asNobody, "mkdir", "-m", "777", bait]);
  const script = `exec flock -F /proc/self/ns/net "$@"`;
  const watching = [process.execPath, INTRUDER, SECRET, folder, "/run"];
  const intruder = execa(setpriv, [...asNobody, "sh", "-c", script, "sh", ...watching], {
    reject: false,
    stdin: "pipe",
  });
  try {
    await new Promise((resolve) => intruder.stdout.once("data", resolve));
    await body({ folder, bait, home });
    intruder.stdin.end();
    const { stdout } = await intruder;
    expect(readdirSync(bait)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(["root", bait.slice(folder.length + 1)].sort());
    return JSON.parse(stdout.slice(stdout.indexOf("{"))) as Found;
  } finally {
    intruder.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Nothing was got, though there was something to try. */
function expectNothing({ got, refused, looks }: Found): void {
  expect(got).toEqual([]);
  expect(refused).toEqual(expect.arrayContaining(["environment", "folder", "root folder", "socket", "to change"]));
  expect(looks).toBeGreaterThan(20);
}

describe.runIf(canBeNobody)("another user of the machine gets nothing", () => {
  it("of preview, up, refresh and destroy", () =>
    leavesNothing(async () => {
      const found = await watched(async ({ folder, home }) => {
        const program = writeProject();
        const env = {
          TMPDIR: folder,
          HOME: home,
          XDG_CACHE_HOME: join(home, ".cache"),
          PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        };
        const project = await Project.open({ folder: program, engine: embedded.engine, env });
        try {
          const [node = "", ...main] = embedded.engine;
          const words = ["config", "set", "secret", "--secret", "--stack", project.stack, "--cwd", program];
          await execa(node, [...main, ...words], { env: project.env, input: SECRET });
          await project.must("preview");
          expect(await project.must("up")).toMatch(/\+ 4 created/);
          await project.must("up", "--expect-no-changes");
          await project.must("refresh");
          await project.must("destroy");
          expect(readdirSync(join(home, ".cache/hostnet/ts-node")).length).toBe(1);
        } finally {
          project.close();
          rmSync(program, { recursive: true });
        }
      });
      expectNothing(found);
    }));

  it("of the test kit", () =>
    leavesNothing(async () => {
      const found = await watched(async ({ folder }) => {
        vi.stubEnv("TMPDIR", folder);
        const host = await createHost();
        try {
          const bridge = () => declare([["Bridge", "home", { name: "bridge_home", addresses: ["10.0.0.1/24"] }]]);
          await preview(bridge, { host });
          const made = await up(bridge, { host });
          await refresh(made);
          await destroy(made);
        } finally {
          await host.close();
          vi.unstubAllEnvs();
        }
      });
      expectNothing(found);
    }));
});
