import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { fakeDeploy, makeWorld, snapshotOf } from "./cli-world.js";

export type World = ReturnType<typeof makeWorld>;

/** A stack with a state, a state before it, and a selection. */
export async function stack(): Promise<World> {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({ x: 1 }));
    return {};
  });
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  world.deploy = fakeDeploy(() => expect.unreachable("the engine must not start"));
  return world;
}

/** Puts a text, or a folder, in the place of a file. */
export function put(path: string, content: string | "folder"): void {
  rmSync(path, { recursive: true, force: true });
  if (content === "folder") mkdirSync(path);
  else writeFileSync(path, content);
}

/** What went wrong in one sentence: what, why, and what to do. */
export function sentence({ code, out, err }: { code: number; out: string; err: string }): string {
  expect(err).toMatch(/^error: .+; .+\n$/);
  expect(out + err, "no trace, no slip of ours").not.toMatch(
    /\n\s+at |TypeError|undefined|is not a function|Cannot |illegal operation|\[object/,
  );
  expect(code).toBe(1);
  return err;
}
