import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

const CHILD = join(import.meta.dirname, "../../dist/engine/program/child.js");

/** A process that starts a Child which would run for a minute, and tells its process id. */
const parentOf = (folder: string) => `
  const { Child } = await import(${JSON.stringify(CHILD)});
  const script = "console.log(process.pid); setTimeout(() => {}, 60_000)";
  const folders = [${JSON.stringify(folder)}];
  new Child({ args: ["-e", script], orphanGraceMs: 0, folders, cwd: "/", env: process.env, onLine: (line) => console.log(line) });
`;

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it("a program doesn't outlive an engine that is killed outright, nor does the engine's folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-orphans-"));
  const parent = spawn(process.execPath, ["--input-type=module", "-e", parentOf(folder)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line).trim());
  expect([alive(pid), existsSync(folder)]).toEqual([true, true]);
  parent.kill("SIGKILL");
  for (let tries = 0; alive(pid) && tries < 100; tries++) await sleep(100);
  const survived = alive(pid);
  if (survived) process.kill(pid, "SIGKILL");
  expect([survived, existsSync(folder)]).toEqual([false, false]);
});
