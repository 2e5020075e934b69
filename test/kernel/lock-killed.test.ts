import { existsSync } from "node:fs";
import { execa } from "execa";
import { expect, it, vi } from "vitest";
import { localLock } from "../../provider/host/lock.js";
import { compiled } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { requireSandbox } from "../support/host.js";

const take = (seconds: number) => localLock(undefined, seconds)("p/s, Bridge", async () => "done");

it("the lock outlives a killed process as long as a tool that it has started", async () => {
  requireSandbox();
  const working = "/run/tool-at-work";
  const tool = `touch ${working}; sleep 2; rm ${working}`;
  const script = `
    const { localMachine } = await import(${JSON.stringify(compiled("provider/host/local.js"))});
    const { exec, locked } = localMachine();
    await locked("p/s", () => exec(["sh", "-c", ${JSON.stringify(tool)}]));`;
  const run = execa(process.execPath, ["--input-type=module", "-e", script], { reject: false });
  await vi.waitUntil(() => existsSync(working), { timeout: stretched(20_000) });
  run.kill("SIGKILL");
  await run;
  await expect(take(0)).rejects.toThrow("has held the lock");
  expect(await take(30)).toBe("done");
  expect(existsSync(working)).toBe(false);
});
