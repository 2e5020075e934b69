import { randomBytes } from "node:crypto";
import { type Conversation, type Finished, inputOf, type Reads, TIMEOUT_MS } from "../exec.js";
import { LOCK_FUNCTIONS } from "../lock-script.js";
import { commandLine } from "./quote.js";

/** Starts the remote shell; `hear` gets what it prints. */
export type Connect = (hear: (chunk: Buffer) => void) => Conversation;

/** How long a connection may take to close. */
const CLOSING_MS = 2000;

/** The exit code of a command that had no turn; no program has it. */
const SKIPPED = 999;

/** A program and what it reads. */
export interface Command {
  argv: string[];
  reads: Reads;
}

interface Asked {
  resolve(finished: Finished): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * What the shell does first. It survives the loss of the connection until the step under way is
 * done, and takes its files with it.
 */
const PROLOGUE = `trap '' HUP PIPE
HN=$(mktemp -d -p /run 2>/dev/null || mktemp -d) || exit 74
${LOCK_FUNCTIONS}trap 'hn_release; rm -rf "$HN"' EXIT
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
cd /
`;

/**
 * A POSIX shell at the other end of a connection, fed through its standard input for a whole run.
 * The way there and back is what costs, so commands are sent without waiting for earlier answers.
 * The shell runs a command, which is compound, only when it has read all of it. So a connection
 * that is cut half-way through a command leaves it undone.
 */
export class ShellSession {
  /** How often we have waited for the other side, for benches and tests. */
  roundTrips = 0;
  /** The folder for our files there. */
  readonly folder: Promise<string>;
  /** Settles when the connection has ended. */
  readonly over: Promise<void>;
  private readonly waiting: Asked[] = [];
  private heard: Buffer = Buffer.alloc(0);
  private ready = false;
  private readonly token = randomBytes(12).toString("hex");
  private readonly conversation: Conversation;
  /** Why it is over. */
  ended?: Error;

  /** `explain` makes the error of what ssh said when the connection ends. */
  constructor(connect: Connect, explain: (said: string) => Error) {
    this.conversation = connect((chunk) => this.hear(chunk));
    this.over = this.conversation.ended.then(({ stderr, exitCode }) => {
      this.end(explain(stderr || (exitCode === 74 ? "no folder for temporary files can be made there" : "")));
    });
    this.conversation.write(`${PROLOGUE}printf '\\n%s\\n' ${this.token}\n`);
    this.folder = this.script('printf %s "$HN"').then(({ stdout }) => stdout);
    this.folder.catch(() => {});
  }

  /** Runs a program there. */
  async run(argv: readonly string[], reads: Reads = {}): Promise<Finished> {
    const [finished] = await Promise.all(await this.send([{ text: commandLine(argv), reads }]));
    return finished!;
  }

  /** Runs shell text in the session's shell: only constant text and what `quote` has quoted. */
  async script(text: string): Promise<Finished> {
    const [finished] = await Promise.all(await this.send([{ text, reads: {} }]));
    return finished!;
  }

  /**
   * Runs programs one after the other up to the first that fails; those after it are undefined. The
   * shell has all of them before it starts the first. So even when the connection is lost, either
   * none runs or each that has its turn.
   */
  async sequence(commands: readonly Command[]): Promise<(Finished | undefined)[]> {
    const answers = await this.send(commands.map(({ argv, reads }) => ({ text: commandLine(argv), reads })));
    return (await Promise.all(answers)).map((finished) => (finished.exitCode === SKIPPED ? undefined : finished));
  }

  private async send(scripts: { text: string; reads: Reads }[]): Promise<Promise<Finished>[]> {
    const needsFolder = scripts.some(({ reads }) => reads.files?.length);
    const folder = needsFolder ? await this.folder : "";
    if (this.ended) throw this.ended;
    if (this.waiting.length === 0) this.roundTrips++;
    const answers = scripts.map(
      () =>
        new Promise<Finished>((resolve, reject) => {
          const timer = setTimeout(() => this.conversation.kill(), TIMEOUT_MS).unref();
          this.waiting.push({ resolve, reject, timer });
        }),
    );
    for (const answer of answers) answer.catch(() => {});
    const blocks = scripts.map(({ text, reads }) => {
      const paths = (reads.files ?? []).map((_, at) => `${folder}/${at}`);
      return this.block(text, inputOf(reads, paths), paths, reads.files ?? []);
    });
    this.conversation.write(`{\ngo=1\n${blocks.join("")}}\n`);
    return answers;
  }

  /** Lets what was sent end; a connection that is dead would take its time. */
  close(): void {
    this.conversation.end();
    const timer = setTimeout(() => this.conversation.kill(), CLOSING_MS).unref();
    void this.over.then(() => clearTimeout(timer));
  }

  private block(text: string, input: string | undefined, paths: string[], files: string[]): string {
    const writes = files.map((file, at) => `cat >${paths[at]} ${hereDocument(file)}\n`);
    return `if [ $go = 1 ]; then
${writes.join("")}{ ${text}
} >"$HN/o" 2>"$HN/e" ${input === undefined ? "</dev/null" : hereDocument(input)}
code=$?
[ $code = 0 ] || go=0
printf '%s %s %s %s\\n' ${this.token} $code $(wc -c <"$HN/o") $(wc -c <"$HN/e")
cat "$HN/o" "$HN/e"
else echo ${this.token} ${SKIPPED} 0 0
fi
`;
  }

  private hear(chunk: Buffer): void {
    this.heard = Buffer.concat([this.heard, chunk]);
    // What the login shell greets us with comes before the token.
    if (!this.ready) {
      const at = this.heard.indexOf(`\n${this.token}\n`);
      if (at < 0) return;
      this.ready = true;
      this.heard = this.heard.subarray(at + this.token.length + 2);
    }
    while (this.answer());
  }

  /** Takes one whole answer off the output: `TOKEN CODE BYTES BYTES`, standard output and error. */
  private answer(): boolean {
    const lineEnd = this.heard.indexOf("\n");
    if (lineEnd < 0) return false;
    const [token, ...numbers] = this.heard.subarray(0, lineEnd).toString().split(" ");
    const [exitCode = 0, out = 0, err = 0] = numbers.map(Number);
    // Whatever else comes (a shell without wc, say), what follows can't be told apart any more.
    if (token !== this.token || numbers.length !== 3 || !numbers.every((each) => /^\d+$/.test(each))) {
      this.conversation.kill();
      return false;
    }
    const start = lineEnd + 1;
    if (this.heard.length < start + out + err) return false;
    const [stdout, stderr] = [
      this.heard.subarray(start, start + out).toString(),
      this.heard.subarray(start + out, start + out + err).toString(),
    ];
    this.heard = this.heard.subarray(start + out + err);
    const asked = this.waiting.shift();
    clearTimeout(asked?.timer);
    asked?.resolve({ stdout, stderr, exitCode });
    return true;
  }

  private end(error: Error): void {
    this.ended = error;
    for (const { reject, timer } of this.waiting.splice(0)) {
      clearTimeout(timer);
      reject(error);
    }
  }
}

/** A here-document (POSIX.1-2017, XCU 2.7.4), under a word that is in no text. */
export function hereDocument(text: string): string {
  const end = `END_${randomBytes(8).toString("hex")}`;
  return `<<'${end}'\n${text.replace(/\n?$/, "\n")}${end}`;
}
