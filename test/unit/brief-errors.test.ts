import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HostError } from "../../provider/kernel/errors.js";
import { tellingBriefly } from "../../provider/lifecycle/brief-errors.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-brief-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const thrown = (error: unknown): Promise<Error> =>
  tellingBriefly({ create: () => Promise.reject(error) })
    .create()
    .then(
      () => Promise.reject(new Error("it was not thrown")),
      (each: Error) => each,
    );

it("an error that isn't long stays as it is", async () => {
  const error = new HostError("busy", "ip link", "x".repeat(1_000), ["this", "that"]);
  expect(await thrown(error)).toBe(error);
  expect(readdirSync(folder)).toEqual([]);
});

it.each([
  [
    "many steps that were undone",
    Array.from({ length: 3_000 }, (_, at) => `link del veth_number_${at} in netns_${at}`),
  ],
  ["one long word", ["x".repeat(150_000)]],
  ["what takes nine bytes a character in a header", ["\u20ac".repeat(150_000)]],
  ["what takes two halves a character", ["\u{1f600}".repeat(75_000)]],
])("of a long one is told how it begins, how long it is, and where the whole is: %s", async (_, undone) => {
  const error = new HostError("busy", "ip link", "RTNETLINK answers: Device or resource busy", undone);
  const { message, name, stack } = await thrown(error);
  expect(name).toBe("HostError");
  expect(encodeURI(message).length).toBeLessThan(60_000);
  expect(stack!.length).toBeLessThan(10_000);
  const [beginning = "", file = ""] = message.split(/\n… of 2 lines, \d+ characters; the whole is in /);
  expect(message).toContain(`of 2 lines, ${error.message.length} characters`);
  expect(beginning.length).toBeGreaterThan(2_000);
  expect(error.message.startsWith(beginning)).toBe(true);
  expect(readFileSync(file, "utf8")).toBe(error.message);
  expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
});

it("a list is cut between two of its things", async () => {
  const { message } = await thrown(new Error(Array.from({ length: 3_000 }, (_, at) => `thing ${at}`).join("; ")));
  expect(message).toMatch(/^(thing \d+; )+thing \d+\n… of \d+ characters; /);
});

it("where no file can be written, that is told", async () => {
  // A call of that name would need a folder.
  const calls = tellingBriefly({ "no/call": () => Promise.reject(new Error("x".repeat(9_000))) });
  await expect(calls["no/call"]()).rejects.toThrow(
    /\n… of 9000 characters; the whole is lost, since no file could be written: ENOENT/,
  );
});
