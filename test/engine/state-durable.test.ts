import { fork } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeDurable } from "../../engine/state/durable.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-durable-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a process killed while it writes leaves the old state or the new, whole, and the one before it", async () => {
  for (const name of ["state", "model"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const name of ["state/durable", "model/file-errors"]) {
    const source = readFileSync(new URL(`../../engine/${name}.ts`, import.meta.url), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(folder, `${name}.js`), outputText);
  }
  const file = join(folder, "dev.json");
  const writer = join(folder, "writer.mjs");
  writeFileSync(
    writer,
    `import { writeDurable } from "./state/durable.js";
     for (let n = 0; ; n++) {
       await writeDurable(${JSON.stringify(file)}, JSON.stringify({ n, filler: String(n).repeat(200_000), last: n }), { backup: ${JSON.stringify(`${file}.bak`)} });
       if (n === 1) process.send("going");
     }`,
  );
  for (let round = 0; round < 8; round++) {
    const child = fork(writer);
    await new Promise((resolve) => child.once("message", resolve));
    await sleep(5 + round * 7);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    const [now, before] = [file, `${file}.bak`].map((path) => JSON.parse(readFileSync(path, "utf8")));
    expect(now.last).toBe(now.n);
    expect(before.last).toBe(before.n);
    expect(now.n - before.n).toBeLessThanOrEqual(1);
  }
});

test("readers never see half a file, and what is left over is no stack", async () => {
  const file = join(folder, "read.json");
  let writing = true;
  const writes = (async () => {
    for (let n = 0; n < 60; n++) await writeDurable(file, JSON.stringify({ text: "x".repeat(100_000) }));
    writing = false;
  })();
  let reads = 0;
  while (writing) {
    try {
      JSON.parse(readFileSync(file, "utf8"));
      reads++;
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOENT");
    }
    await sleep(1);
  }
  await writes;
  expect(reads).toBeGreaterThan(5);
  expect(readdirSync(folder).filter((name) => name.startsWith(".read.json"))).toEqual([]);
});

test("a write that fails leaves the old file, nothing else, and files are for their owner only", async () => {
  const file = join(folder, "own.json");
  await writeDurable(file, "old");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(writeDurable(file, "new", { backup: join(file, "impossible") })).rejects.toThrow();
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder).filter((name) => name.includes("own.json"))).toEqual(["own.json"]);
});

test("a link stays a link, and a file keeps its mode", async () => {
  const [file, way] = [join(folder, "target.yaml"), join(folder, "link.yaml")];
  writeFileSync(file, "old", { mode: 0o640 });
  symlinkSync(file, way);
  await writeDurable(way, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(lstatSync(way).isSymbolicLink()).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});
