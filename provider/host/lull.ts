import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds of silence that count as a pause: at least, and at most. */
const SHORTEST = 8;
const LONGEST = 120;

interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** Listens to when the engine calls, to know when it makes a pause. */
export class Pauses {
  private last = Number.NEGATIVE_INFINITY;
  /** The usual time between two calls of which one follows the other, in milliseconds. */
  private usual = SHORTEST / 3;
  /** Calls that it waits for before it makes another. */
  private open = 0;

  constructor(private readonly clock: Clock = { now: () => performance.now(), sleep }) {}

  /** Notes that the engine has called, whatever for. */
  heard(): void {
    const now = this.clock.now();
    const gap = now - this.last;
    if (gap < LONGEST) this.usual += (gap - this.usual) / 8;
    this.last = now;
  }

  /** Notes that the engine has been answered: what it calls next follows this. */
  answered(): void {
    this.last = this.clock.now();
  }

  /** Runs what answers a call, while the engine waits for the answer: such a while is no pause. */
  async answering<T>(work: () => Promise<T>): Promise<T> {
    this.heard();
    this.open++;
    try {
      return await work();
    } finally {
      this.open--;
      this.answered();
    }
  }

  /**
   * Waits until the engine is silent: then it waits for our answers, or has nothing left to ask.
   * While it calls again and again, more to do is probably coming, and a change of many things
   * costs hardly more than a change of one. Returns whether it is silent. Silences up to
   * `patienceMs` don't count. `atMostMs` is asked again after each wait.
   */
  async lull(atMostMs: () => number, patienceMs = 0): Promise<boolean> {
    const start = this.clock.now();
    for (;;) {
      const end = start + atMostMs();
      const pause = Math.max(Math.min(Math.max(3 * this.usual, SHORTEST), LONGEST), patienceMs);
      const last = this.open > 0 ? this.clock.now() : this.last;
      const left = Math.min(last + pause, end) - this.clock.now();
      if (left <= 0) return last + pause <= this.clock.now();
      await this.clock.sleep(left);
    }
  }
}
