import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { claim, open, useSandbox } from "./host.js";
import { writeArticle } from "./programs.js";
import { type Installs, pack } from "./setup.js";

useSandbox();

/** What the later version's provider adds: a sign that its code has run. */
const CHANGE = `
import { writeFileSync as leave } from "node:fs";
if (process.env.SIGN_OF_THE_UPGRADE) leave(process.env.SIGN_OF_THE_UPGRADE, "here");
`;

/** The package as a later version. Its code differs in all that Pulumi might have a copy of. */
async function laterVersion({ npm }: Installs, folder: string): Promise<string> {
  const unpacked = join(folder, "package");
  await execa("cp", ["-r", join(npm, "node_modules/pulumi-hostnet"), unpacked]);
  const manifest = join(unpacked, "package.json");
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), version: "0.999.0" }));
  appendFileSync(join(unpacked, "dist/provider.js"), CHANGE);
  appendFileSync(join(unpacked, "dist/sdk/dynamic.js"), "// another line\n");
  return pack(unpacked, folder);
}

claim(
  "a later version of our code changes no resource, and it is that code which runs: %s",
  ["up, destroy"],
  async (installs) => {
    const folder = mkdtempSync(join(tmpdir(), "hostnet-upgrade-"));
    const sign = join(folder, "sign");
    const project = await open(
      writeArticle(installs.npm, "upgraded"),
      [join(installs.npm, "node_modules/.bin/hostnet")],
      {
        SIGN_OF_THE_UPGRADE: sign,
      },
    );
    try {
      await project.must("up");
      const before = project.state();
      expect(existsSync(sign)).toBe(false);

      const later = await laterVersion(installs, folder);
      await execa("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", later], { cwd: installs.npm });
      await project.must("up", "--expect-no-changes");
      expect(project.state()).toBe(before);
      expect(existsSync(sign)).toBe(true);
      rmSync(sign);
      await project.must("destroy");
      expect(existsSync(sign)).toBe(true);
    } finally {
      project.close();
      rmSync(folder, { recursive: true, force: true });
      await execa("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", installs.tarball], {
        cwd: installs.npm,
      });
    }
  },
);
