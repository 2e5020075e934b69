import { isDeepStrictEqual } from "node:util";
import { type Exec, type Finished, inputOf, REHEARSED, type Reads } from "../exec.js";
import type { Reached } from "../machine.js";
import type { Command } from "./session.js";

/**
 * Runs `work` so that its commands reach the machine in one piece: a connection that is lost
 * meanwhile leaves the machine as it was, or changed as a whole. First `work` is rehearsed with
 * commands that do nothing and succeed. What it asked for is sent as one sequence. Then it runs for
 * good and gets the answers. From the first command on that failed, or that the rehearsal didn't
 * know, it goes on command by command.
 */
export async function together<T>(
  exec: Exec,
  send: (commands: Command[]) => Promise<(Finished | undefined)[]>,
  reached: (exec: Exec) => Reached,
  work: (on: Reached, rehearsal: boolean) => Promise<T>,
): Promise<T> {
  const commands = await rehearse(reached, (on) => work(on, true));
  const answers = commands.length > 1 ? await send(commands) : [];
  const known = commands.flatMap((command, at) => (answers[at] ? [{ command, answer: answers[at] }] : []));
  const answered: Exec = async (argv, reads = {}) => {
    const [next] = known;
    if (!next || !same(next.command, { argv, reads })) return await exec(argv, reads);
    known.shift();
    return next.answer;
  };
  const result = await work(reached(answered), false);
  if (known.length > 0)
    throw new Error(`sent and not asked for: ${known.map(({ command }) => command.argv.join(" ")).join("; ")}`);
  return result;
}

/** The commands that `work` runs when all goes well. */
export async function rehearse(
  reached: (exec: Exec) => Reached,
  work: (on: Reached) => Promise<unknown>,
): Promise<Command[]> {
  const commands: Command[] = [];
  const note: Exec = async (argv, reads = {}) => {
    commands.push({ argv, reads });
    return REHEARSED;
  };
  await work(reached(note));
  return commands;
}

const same = (a: Command, b: Command) => isDeepStrictEqual(plain(a), plain(b));

const plain = ({ argv, reads }: Command) => ({
  argv,
  files: reads.files ?? [],
  input: inputOf(reads, pathsOf(reads)),
});

const pathsOf = ({ files = [] }: Reads) => files.map((_, at) => String(at));
