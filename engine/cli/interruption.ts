import type { StackLock } from "../state/lock.js";
import { EXIT } from "./errors.js";
import type { Signal, Surroundings } from "./surroundings.js";

/**
 * Turns the first Ctrl-C or SIGTERM into a wish to stop, and obeys the second at once. SIGHUP means
 * that the terminal is gone (a lost ssh session). It asks for no stop: an operation that is left
 * half-way is worse than one that nobody watches.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly stopListening: () => void;
  /** The lock to give back when the process is ended at once. */
  lock: StackLock | undefined;

  constructor(private readonly surroundings: Surroundings) {
    this.stopListening = surroundings.onSignal((signal) => this.received(signal));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private received(signal: Signal): void {
    if (signal === "SIGHUP") {
      this.surroundings.err("SIGHUP received: the terminal is gone; going on to the end of the operation.\n");
      return;
    }
    const [name, again] = signal === "SIGINT" ? ["^C", "press ^C again"] : ["SIGTERM", "send SIGTERM again"];
    if (!this.controller.signal.aborted) {
      this.surroundings.err(
        `${name} received; cancelling. If you would like to terminate immediately, ${again}.\n` +
          "Note that terminating immediately may lead to orphaned resources and other inconsistencies.\n",
      );
      this.controller.abort();
      return;
    }
    this.surroundings.err(`${name} received; terminating\n`);
    this.surroundings.kill(EXIT.error, () => this.lock?.releaseNow());
  }

  /** No longer listens. */
  end(): void {
    this.stopListening();
  }
}
