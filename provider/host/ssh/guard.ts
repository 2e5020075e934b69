import { setTimeout as sleep } from "node:timers/promises";
import { hostName } from "../../kernel/host-address.js";
import { type Exec, inputOf, must } from "../exec.js";
import type { Reached } from "../machine.js";
import { type Dialled, dial, type SshAddress } from "./dial.js";
import { commandLine } from "./quote.js";
import { type Command, hereDocument } from "./session.js";
import { rehearse } from "./together.js";

/**
 * Leaves a process on the host that takes a change back unless it is told in time that all is well.
 * It outlives the connection, and doesn't hold the shell's lock. "armed" can be moved away once
 * only, by the guard or by us.
 */
const ARM = `folder=$(mktemp -d /run/hostnet-guard.XXXXXX) && cat >"$folder/revert" && : >"$folder/armed" || exit 1
setsid sh -c 'sleep "$1"; mv "$2/armed" "$2/fired" || exit; cd "$2"; sh ./revert; cd /; rm -r "$2"' sh "$1" "$folder" \\
  </dev/null >/dev/null 2>&1 8<&- 9<&- &
echo $! >"$folder/process"
echo "$folder"`;
const CONFIRM = `mv "$1/armed" "$1/confirmed" && kill -- "-$(cat "$1/process")"; rm -r "$1/confirmed" && rm -r "$1"`;

/** A dead man's switch, like `commit confirmed` of routers. */
export class Guard {
  constructor(
    private readonly address: SshAddress,
    private readonly seconds: number,
  ) {}

  /**
   * Runs `work`. Throws when the host can't be reached over a fresh connection afterwards; then the
   * change has been taken back.
   */
  async around<T>(
    exec: Exec,
    reached: (exec: Exec) => Reached,
    revert: (on: Reached) => Promise<void>,
    work: () => Promise<T>,
  ): Promise<T> {
    const commands = await rehearse(reached, revert);
    if (commands.length === 0) return await work();
    const armed = await must(exec, ["sh", "-c", ARM, "sh", String(this.seconds)], { input: script(commands) });
    const deadline = Date.now() + this.seconds * 1000;
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.confirm(armed.trim(), deadline).catch(() => {});
      throw error;
    }
    await this.confirm(armed.trim(), deadline);
    return result;
  }

  private async confirm(folder: string, deadline: number): Promise<void> {
    const name = hostName(this.address);
    let why = "it had taken the change back already";
    while (Date.now() < deadline) {
      let dialled: Dialled | undefined;
      try {
        const perDialTimeout = Math.max(1, Math.ceil((deadline - Date.now()) / 1000));
        const connection = { ...this.address.connection, perDialTimeout };
        dialled = await dial({ ...this.address, connection }, { fresh: true, tries: 1 });
        const { exitCode } = await dialled.session.run(["sh", "-c", CONFIRM, "sh", folder]);
        if (exitCode === 0) return;
        break;
      } catch (error) {
        why = (error as Error).message;
        await sleep(500);
      } finally {
        dialled?.session.close();
      }
    }
    throw new Error(
      `${name} could not be reached over a fresh connection within ${this.seconds} s of the change (host.rollbackAfterSeconds), and takes it back by itself: ${why}`,
    );
  }
}

/** The commands as a script that goes on whatever fails. */
function script(commands: Command[]): string {
  let files = 0;
  return commands
    .map(({ argv, reads }) => {
      const paths = (reads.files ?? []).map(() => `./file${files++}`);
      const writes = (reads.files ?? []).map((text, at) => `cat >${paths[at]} ${hereDocument(text)}\n`);
      const input = inputOf(reads, paths);
      return `${writes.join("")}${commandLine(argv)} ${input === undefined ? "</dev/null" : hereDocument(input)}\n`;
    })
    .join("");
}
