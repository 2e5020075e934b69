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
    const checked = await execa(process.execPath, [tsc, "--types", "node", "--typeRoots", types], {
      cwd: folder,
      reject: false,
    });
    expect(checked.stdout).toBe("");
    const { stdout } = await execa(process.execPath, [script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ same: true, pod: "10.0.0.2", left: ["lo"] });
  },
);
