import { type Exec, type Finished, failure } from "../../provider/host/exec.js";

/** What tools say on a host: the beginning of a command line → the answer. */
export type Recording = Record<string, Partial<Finished>>;

const whole = (answer: Partial<Finished> | undefined, line: string): Finished => {
  if (!answer) throw new Error(`nothing is recorded of: ${line}`);
  return { stdout: "", stderr: "", exitCode: 0, ...answer };
};

const keyOf = (recording: Recording, line: string) =>
  Object.keys(recording)
    .filter((key) => line.startsWith(key))
    .sort((a, b) => b.length - a.length)[0];

/**
 * Commands that answer as recorded; those that change something say nothing. Notes what was run.
 */
export function recorded(recording: Recording, spoilt?: { key: string; answer: () => Finished }) {
  const ran: string[] = [];
  const exec: Exec = async (argv) => {
    const line = argv.join(" ");
    const key = keyOf(recording, line);
    ran.push(line);
    if (key !== undefined && key === spoilt?.key) return spoilt.answer();
    return whole(recording[key ?? ""], line);
  };
  return { exec, ran };
}

/** One way in which a command's answer can be no reading. */
export interface Spoilt {
  how: string;
  key: string;
  answer: () => Finished;
}

/**
 * All the ways in which each answer of a recording can be no reading: cut off anywhere with exit
 * code 0, empty, failed, the tool not there (as here, and as a shell says it), and the tool's own
 * words for "I can't tell", with exit code 0.
 */
export function spoilts(recording: Recording, words: Record<string, Partial<Finished>>): Spoilt[] {
  return Object.entries(recording).flatMap(([key, partial]) => {
    const good = whole(partial, key);
    const tool = key.split(" ")[0]!;
    const cuts = Array.from({ length: good.stdout.length }, (_, at): Spoilt => {
      const stdout = good.stdout.slice(0, at);
      return { how: `cut to ${JSON.stringify(stdout.slice(-30))}`, key, answer: () => ({ ...good, stdout }) };
    });
    const said = Object.entries(words).filter(([of]) => key.startsWith(of));
    const missing = () => {
      throw failure([key], `spawn ${tool} ENOENT`);
    };
    return [
      ...cuts,
      { how: "failed", key, answer: () => ({ stdout: "", stderr: `${tool}: something is wrong\n`, exitCode: 1 }) },
      { how: "not there", key, answer: missing },
      {
        how: "not there, says a shell",
        key,
        answer: () => ({ stdout: "", stderr: `sh: 1: ${tool}: not found\n`, exitCode: 127 }),
      },
      ...said.map(([, answer]) => ({ how: "can't tell", key, answer: () => ({ ...good, ...answer }) })),
    ];
  });
}
