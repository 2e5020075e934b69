import { type Exec, enter, namespacePath } from "../exec.js";
import { Patience } from "../lock.js";
import type { Machine, Reached } from "../machine.js";
import type { Say } from "../say.js";
import { type Dialled, dial, type SshAddress } from "./dial.js";
import { Guard } from "./guard.js";
import { commandLine } from "./quote.js";
import { remoteFiles } from "./remote-files.js";
import { together } from "./together.js";

/** A machine over ssh. Nothing is dialled before the first command. */
export class SshHost {
  private dialled?: Promise<Dialled>;
  private lost = false;
  /** The end of the change under way: the shell has one descriptor for a lock. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly address: SshAddress,
    private readonly say: Say,
  ) {}

  /**
   * The connection that stands. A lost one is dialled once more, by one try. A dial that failed
   * fails for all that follow: a dead host is waited for once, and not for each of its resources.
   */
  private async connected(): Promise<Dialled> {
    this.dialled ??= dial(this.address, { say: this.say });
    const dialled = await this.dialled;
    if (!dialled.session.ended) return dialled;
    if (this.lost) throw dialled.session.ended;
    this.lost = true;
    this.dialled = dial(this.address, { tries: 1, say: this.say });
    return await this.dialled;
  }

  /** The machine, or a named network namespace of it. */
  machine(netns: string | undefined): Machine {
    const path = namespacePath(netns);
    const patience = new Patience(path);
    const outside: Exec = async (argv, reads) => (await this.connected()).session.run(argv, reads);
    const machineId = async () => (await this.connected()).machineId;
    const reached = (each: Exec): Reached => ({
      exec: (argv, reads) => each([...enter(netns), ...argv], reads),
      files: remoteFiles(each, machineId),
    });
    return {
      ...reached(outside),
      locked: (_holder, work) => this.inTurn(() => this.locked(path, patience, work)),
      together: async (work) => {
        const { session } = await this.connected();
        return await together(outside, (commands) => session.sequence(commands), reached, work);
      },
      guarded: (seconds, revert, work) => new Guard(this.address, seconds).around(outside, reached, revert, work),
    };
  }

  private async locked<T>(path: string, patience: Patience, work: () => Promise<T>): Promise<T> {
    const { session } = await this.connected();
    // The session's shell holds the lock, so whatever ends the session lets go of it.
    const answer = await session.script(commandLine(["hn_take", path, String(patience.seconds)]));
    if (answer.exitCode !== 0) patience.refuse(answer);
    try {
      return await work();
    } finally {
      // Not waited for: whatever is asked next comes after it.
      void session.script("hn_release").catch(() => {});
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work, work);
    this.turn = next.catch(() => {});
    return next;
  }

  async roundTrips(): Promise<number> {
    return (await this.dialled)?.session.roundTrips ?? 0;
  }

  async close(): Promise<void> {
    const dialled = await this.dialled?.catch(() => undefined);
    dialled?.session.close();
    await dialled?.session.over;
  }
}
