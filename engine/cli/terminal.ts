import { realpathSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Screen } from "../display/screen.js";
import { HeldProgram } from "../program/held.js";
import { programHeld } from "../program/program.js";
import type { Changing } from "./changing.js";
import { CliError } from "./errors.js";
import type { Outside } from "./surroundings.js";

/** The surroundings of a real process. It ends when nothing of `changing` is under way. */
export function processSurroundings(changing: Changing): Outside {
  const { env, stdin, stdout, stderr } = process;
  // Whoever reads our output may go away; a deployment goes on to its end all the same.
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  const screen =
    stdout.isTTY && env.TERM !== "dumb"
      ? new Screen({ columns: () => stdout.columns, rows: () => stdout.rows, write: (text) => stdout.write(text) })
      : undefined;
  const writeTo = (stream: NodeJS.WriteStream) => (text: string) => {
    if (text === "") return;
    if (screen && stream.isTTY) screen.above(() => stream.write(text));
    else stream.write(text);
  };
  let held: HeldProgram | undefined;
  return {
    env,
    cwd: currentFolder(env),
    out: writeTo(stdout),
    err: writeTo(stderr),
    ...(screen ? { screen } : {}),
    terminal: stdout.isTTY ?? false,
    interactive: Boolean(stdin.isTTY && stdout.isTTY) && !env.CI && env.PULUMI_NON_INTERACTIVE !== "true",
    colors: Boolean(stdout.isTTY) && env.NO_COLOR === undefined && env.TERM !== "dumb",
    ask,
    input: () => text(stdin),
    hold(project, command) {
      try {
        held = new HeldProgram(project, command);
      } catch {
        // Without an SDK there is nothing to hold. The deployment says so.
      }
      return () => held?.drop();
    },
    async deploy(request) {
      const [{ deploy }, { PROCESSES }] = await Promise.all([
        import("../deployment/deployment.js"),
        import("../deployment/runners.js"),
      ]);
      return await deploy(request, { ...PROCESSES, program: programHeld(held) });
    },
    onSignal(handler) {
      const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map(
        (signal) => [signal, () => handler(signal)] as const,
      );
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) process.off(signal, listener);
      };
    },
    kill(exitCode, last) {
      const end = () => {
        last();
        process.exit(exitCode);
      };
      // Whoever asks again doesn't want to wait for the change either.
      if (changing.ending) end();
      changing.end().then(end, end);
    },
  };
}

/** Where the command was started. Another user, or another terminal, may have removed it since. */
function currentFolder(env: NodeJS.ProcessEnv): string {
  try {
    const folder = process.cwd();
    return env.PWD && sameFolder(env.PWD) ? env.PWD : folder;
  } catch {
    // What is started from here needs a folder that is there.
    process.chdir("/");
    return env.PWD ?? "(unknown)";
  }
}

/** The shell's idea of the folder keeps symbolic links; the CLI names its settings by it. */
function sameFolder(shown: string): boolean {
  try {
    return realpathSync(shown) === realpathSync(process.cwd());
  } catch {
    return false;
  }
}

async function ask(question: string, hidden = false): Promise<string> {
  let muted = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stdout.write(chunk);
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const stopped = new Promise<never>((_, reject) => {
      const stop = () => reject(new CliError("confirmation cancelled"));
      prompt.once("SIGINT", stop);
      prompt.once("close", stop);
    });
    const answer = Promise.race([prompt.question(question), stopped]);
    muted = hidden;
    return await answer;
  } finally {
    prompt.close();
    if (hidden) process.stdout.write("\n");
  }
}
