import type { RunResult } from "./command.js";

/** Runs a command on the host that is looked at. */
export type Run = (argv: readonly string[]) => Promise<RunResult>;

interface Asked {
  argv: readonly string[];
  resolve(result: RunResult): void;
  reject(error: unknown): void;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Prints what a command says, and behind it how it ended and what it said of that. */
const line = ({ argv }: Asked): string =>
  `{ said=$({ ${argv.map(quoted).join(" ")}; } 2>&1 >&3); code=$?; } 3>&1; printf '\\037%s %s\\036' $code "$said"`;

/**
 * Runs commands that are asked for at the same time by one shell, one after the other. To start a
 * process costs this one more than most of them take.
 */
export function together(run: Run): Run {
  let waiting: Asked[] = [];
  const start = async () => {
    const group = waiting;
    waiting = [];
    try {
      const { stdout, stderr, exitCode } = await run(["sh", "-c", group.map(line).join("\n")]);
      const answers = stdout.split("\x1e").slice(0, -1);
      if (exitCode !== 0 || answers.length !== group.length)
        throw new Error(`a shell for ${group.length} commands ended with ${exitCode}: ${stderr.trim()}`);
      for (const [at, { resolve }] of group.entries()) resolve(resultOf(answers[at]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };
  return (argv) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void start());
      waiting.push({ argv, resolve, reject });
    });
}

function resultOf(answer: string): RunResult {
  const at = answer.lastIndexOf("\x1f");
  const [, code, stderr = ""] = /^(\d+) ([\s\S]*)$/.exec(answer.slice(at + 1)) ?? [];
  if (at < 0 || code === undefined)
    throw new Error(`what a command said ends early: ${JSON.stringify(answer.slice(-60))}`);
  return { stdout: answer.slice(0, at), stderr, exitCode: Number(code) };
}
