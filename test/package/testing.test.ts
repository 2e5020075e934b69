import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { claim } from "./host.js";
import { writeTesting } from "./programs.js";

claim(
  "the packed tarball's `pulumi-hostnet/testing`, installed by %s, has its types and runs a program on a host of its own",
  ["npm", "pnpm"] as const,
  async (installs, manager) => {
    const { folder, script } = writeTesting(installs[manager]);
    const types = join(repositoryRoot, "node_modules/@types");
    const tsc = join(repositoryRoot, "node_modules/typescript/bin/tsc");
    const check = async (...words: string[]) => {
      const argv = [tsc, "--types", "node", "--typeRoots", types, ...words];
      expect((await execa(process.execPath, argv, { cwd: folder, reject: false })).stdout).toBe("");
    };
    await check();
    // As Pulumi's templates have it.
    const template = ["--target", "es2022", "--module", "commonjs", "--moduleResolution", "node"];
    await check("--noEmit", "--strict", ...template, "commonjs.ts");
    const { stdout } = await execa(process.execPath, [script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ same: true, pod: "10.0.0.2", left: ["lo"] });
  },
);
