import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { TestProject } from "vitest/node";
import { repositoryRoot } from "../../sandbox/root.js";

/** What the tests of the package work on: folders with the packed tarball installed, made once. */
export interface Installs {
  tarball: string;
  npm: string;
  pnpm: string;
  floor: string;
  /** With a TypeScript and a ts-node of its own. */
  newest: string;
  /** The Node 24 binary. */
  node24: string;
}

declare module "vitest" {
  interface ProvidedContext {
    installs: Installs | undefined;
    /** Why there are none. */
    missing: string | undefined;
  }
}

const FLOOR = "3.200.0";
export const LOCKED = "3.248.0";
const QUIET = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];

/** Packs the package and installs it by npm and pnpm, beside several releases of the SDK. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-package-"));
  const newest = await execa("npm", ["view", "@pulumi/pulumi", "version"], { reject: false, timeout: 60_000 });
  if (newest.failed) {
    provide("missing", `the npm registry can't be reached: ${(newest.stderr || newest.message || "").split("\n")[0]}`);
    provide("installs", undefined);
  } else {
    provide("installs", await install(folder, newest.stdout.trim()));
    provide("missing", undefined);
  }
  return () => rmSync(folder, { recursive: true, force: true });
}

async function install(folder: string, newest: string): Promise<Installs> {
  const tarball = await pack(repositoryRoot, folder);
  const into = (name: string) => {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, private: true }));
    return place;
  };
  const npm = async (name: string, ...packages: string[]) => {
    const cwd = into(name);
    await execa("npm", ["install", ...QUIET, ...packages], { cwd });
    return cwd;
  };
  const pnpm = async () => {
    const cwd = into("pnpm");
    const words = ["add", "--ignore-scripts", "--reporter=silent", "--store-dir", join(folder, "store")];
    await execa("npx", ["--yes", "pnpm@10", ...words, tarball, `@pulumi/pulumi@${LOCKED}`], { cwd });
    return cwd;
  };
  const node = `node-linux-${process.arch}`;
  const [byNpm, byPnpm, floor, latest, node24] = await Promise.all([
    npm("npm", tarball, `@pulumi/pulumi@${LOCKED}`),
    pnpm(),
    npm("floor", tarball, `@pulumi/pulumi@${FLOOR}`),
    npm("newest", tarball, `@pulumi/pulumi@${newest}`, "ts-node@10", "typescript@5"),
    npm("node24", `${node}@24`),
  ]);
  const binary = join(node24, "node_modules", node, "bin/node");
  return { tarball, npm: byNpm, pnpm: byPnpm, floor, newest: latest, node24: binary };
}

/** Packs the package as `npm publish` would, without a build. Returns the tarball's path. */
export async function pack(from: string, to: string): Promise<string> {
  const words = ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", to];
  const { stdout } = await execa("npm", words, { cwd: from });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(to, packed!.filename);
}
