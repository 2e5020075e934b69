import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { writeBatchFiles } from "../../provider/host/batch-files.js";
import { privateFolder } from "../../provider/host/private-folder.js";

const folder = mkdtempSync(join(tmpdir(), "hostnet-unit-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("is nobody else's, and those that killed processes left go, but no other", () => {
  vi.stubEnv("TMPDIR", folder);
  const old = new Date(Date.now() - 2 * 3_600_000);
  const made = (name: string, when?: Date) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "key"), "secret");
    if (when) utimesSync(join(folder, name), when, when);
    return join(folder, name);
  };
  const gone = made("hostnet-ssh-killed", old);
  const stay = [
    made("hostnet-ssh-young"),
    made("hostnet-batch-killed", old),
    made("hostnet-sshd-x", old),
    made("of-somebody", old),
  ];
  const link = join(folder, "hostnet-ssh-link");
  symlinkSync(join(folder, "of-somebody"), link);

  const mine = privateFolder("ssh");
  vi.unstubAllEnvs();
  expect(statSync(mine).mode & 0o777).toBe(0o700);
  expect([gone, join(gone, "key")].filter(existsSync)).toEqual([]);
  expect([...stay, link].filter((path) => !existsSync(path))).toEqual([]);
});

it("is never where others could put theirs in its place", () => {
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  vi.stubEnv("TMPDIR", open);
  const mine = privateFolder("batch");
  vi.unstubAllEnvs();
  expect(readdirSync(open)).toEqual([]);
  expect(mine).toMatch(/^\/(tmp|run)\/hostnet-batch-\w+$/);
  rmSync(mine, { recursive: true });
});

it.skipIf(process.getuid!() !== 0)("batches lie in memory, wherever temporary files are", () => {
  vi.stubEnv("TMPDIR", folder);
  const { files, remove } = writeBatchFiles(["a", "b"]);
  vi.unstubAllEnvs();
  const [mine] = new Set(files.map((file) => dirname(file)));
  expect(mine).toMatch(/^\/run\/hostnet-batch-\w+$/);
  expect(statSync(mine!).mode & 0o777).toBe(0o700);
  expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(["a", "b"]);
  remove();
  expect(existsSync(mine!)).toBe(false);
});
