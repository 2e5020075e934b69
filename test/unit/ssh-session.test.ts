import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { converse } from "../../provider/host/exec.js";
import { commandLine } from "../../provider/host/ssh/quote.js";
import { type Command, ShellSession } from "../../provider/host/ssh/session.js";
import { SEED } from "../support/chance.js";
import { randomRuns } from "../support/size.js";

/** What means something to a shell as often as all else. */
const character = fc.oneof(
  fc.constantFrom(..."'\"$`\\!*?~#&;|<>(){}[]\n\t "),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const word = fc
  .string({ unit: character, maxLength: 30 })
  .filter((text) => !text.includes("\0") && Buffer.from(text).toString() === text);
const params = randomRuns(100, 10);

it(`what is quoted reaches a program as it is, whatever is in it (SEED=${SEED})`, async () => {
  const words = fc.array(word, { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(words, async (argv) => {
      const script = `printf '%s\\0' ${commandLine(argv)}`;
      const { stdout } = await execa("sh", ["-c", script], { stripFinalNewline: false });
      expect(stdout.split("\0").slice(0, -1)).toEqual(argv);
    }),
    params,
  );
});

it("a NUL can't be quoted", () => {
  expect(() => commandLine(["a\0b"])).toThrow(/NUL/);
});

describe("a shell that is fed", () => {
  let session: ShellSession;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hostnet-session-"));
    session = new ShellSession(
      (hear) => converse(["sh", "-c", "echo a greeting; exec sh -s"], hear),
      (said) => new Error(`over: ${said}`),
    );
  });
  afterEach(async () => {
    session.close();
    await rm(folder, { recursive: true });
  });

  it(`tells what each program said, whatever that looks like, and how it ended (SEED=${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(word, word, fc.integer({ min: 0, max: 125 }), async (out, err, code) => {
        const program = 'printf %s "$1"; printf %s "$2" >&2; exit "$3"';
        const said = await session.run(["sh", "-c", program, "sh", out, err, String(code)]);
        expect(said).toEqual({ stdout: out, stderr: err, exitCode: code });
      }),
      params,
    );
  });

  it("answers in order what is asked at once, after one wait", async () => {
    await session.folder;
    const before = session.roundTrips;
    const answers = await Promise.all(Array.from({ length: 30 }, (_, at) => session.run(["echo", String(at)])));
    expect(answers.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, at) => at));
    expect(session.roundTrips).toBe(before + 1);
  });

  it("gives a program its input and its files", async () => {
    const input = ([file]: string[]) => `from ${file}\n`;
    const said = await session.run(["sh", "-c", 'read -r _ file; cat "$file"'], {
      input,
      files: ["EOF\n'quoted' $HOME\n"],
    });
    expect(said.stdout).toBe("EOF\n'quoted' $HOME\n");
  });

  it("stops a sequence at the first that fails", async () => {
    const run = (script: string) => ({ argv: ["sh", "-c", script], reads: {} });
    const answers = await session.sequence([run("echo one"), run("exit 3"), run("echo three")]);
    expect(answers.map((answer) => answer?.exitCode)).toEqual([0, 3, undefined]);
  });

  it("is over for all that wait when it ends", async () => {
    const waiting = [session.script("kill -KILL $$"), session.run(["true"])];
    for (const each of waiting) await expect(each).rejects.toThrow(/over: /);
    await expect(session.run(["true"])).rejects.toThrow(/over: /);
  });

  it("does nothing of a sequence that is cut off on the way, wherever", async () => {
    const commands = [1, 2].map((number) => ({
      argv: ["touch", join(folder, String(number))],
      reads: { input: "x\n" },
    }));
    const length = await cutAfter(Number.POSITIVE_INFINITY, commands);
    expect(await readdir(folder)).toEqual(["1", "2"]);
    for (const file of await readdir(folder)) await rm(join(folder, file));
    // The last character is the line feed after the closing brace.
    for (let at = 0; at < length - 1; at += 7) await cutAfter(at, commands);
    expect(await readdir(folder)).toEqual([]);
  });

  /**
   * Sends a sequence and ends the connection after so many characters; returns its whole length.
   */
  async function cutAfter(characters: number, commands: Command[]): Promise<number> {
    let cutting = false;
    let length = 0;
    const short = new ShellSession(
      (hear) => {
        const shell = converse(["sh", "-s"], hear);
        const write = (text: string) => {
          if (cutting) length = text.length;
          shell.write(cutting ? text.slice(0, characters) : text);
          if (cutting) shell.end();
        };
        return { ...shell, write };
      },
      () => new Error("cut"),
    );
    await short.folder;
    cutting = true;
    await short.sequence(commands).catch(() => {});
    await short.over;
    return length;
  }
});
