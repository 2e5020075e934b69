import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { output, requireSandbox } from "../support/host.js";

beforeAll(requireSandbox);

/** An ordinary user without a name, a home or a right. */
const USER = "65534";

/** What a built clone consists of, as far as `npm run demo` goes. */
const CLONE = ["package.json", "Pulumi.yaml", "tsconfig.build.json", "dist", "node_modules"];

it("the demo is for ordinary users too, from up to destroy", async (context) => {
  const mapped = Number(readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/)[2]);
  if (mapped <= Number(USER)) context.skip("this is an ordinary user's run: `npm run demo` has shown it");
  const folder = mkdtempSync(join(tmpdir(), "hostnet-user-"));
  try {
    for (const name of CLONE) {
      cpSync(join(repositoryRoot, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
    }
    await output(["chown", "--recursive", `${USER}:${USER}`, folder]);
    chmodSync(folder, 0o755);
    const identity = ["--reuid", USER, "--regid", USER, "--clear-groups", "--bounding-set", "-all"];
    const { exitCode, all } = await execa("setpriv", [...identity, "npm", "run", "demo", "--", "--no-install"], {
      cwd: folder,
      // As a login would have it: no tools of the system in PATH, and nothing inherited.
      env: { PATH: `${join(process.execPath, "..")}:/usr/bin:/bin`, HOME: folder },
      extendEnv: false,
      reject: false,
      all: true,
      stdin: "ignore",
    });
    expect(all).toContain("made by an ordinary user");
    expect(all).toMatch(/240 requests to the VIP, all answered/);
    expect(all).toMatch(/the host is as it was/);
    expect(exitCode).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
