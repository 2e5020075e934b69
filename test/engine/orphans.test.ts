import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

const CHILD = join(import.meta.dirname, "../../dist/engine/program/child.js");

/** A process that starts a Child which would run for a minute, and tells its process id. */
const PARENT = `
  const { Child } = await import(${JSON.stringify(CHILD)});
  const script = "console.log(process.pid); setTimeout(() => {}, 60_000)";
  new Child({ args: ["-e", script], orphanGraceMs: 0, cwd: "/", env: process.env, onLine: (line) => console.log(line) });
`;

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it("a program doesn't outlive an engine that is killed outright", async () => {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", PARENT], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line).trim());
  expect(alive(pid)).toBe(true);
  parent.kill("SIGKILL");
  for (let tries = 0; alive(pid) && tries < 100; tries++) await sleep(100);
  const survived = alive(pid);
  if (survived) process.kill(pid, "SIGKILL");
  expect(survived).toBe(false);
});
