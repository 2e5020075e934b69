import { describe, expect, it } from "vitest";
import { Pauses } from "../../provider/host/lull.js";

/** A clock that only goes on when somebody sleeps. */
function fakeClock() {
  let time = 1000;
  const at = (ms: number) => {
    time = ms;
  };
  return { now: () => time, sleep: async (ms: number) => at(time + ms), at };
}

describe("a pause of the engine", () => {
  it("has come when it never called", async () => {
    const clock = fakeClock();
    await new Pauses(clock).lull(() => 50);
    expect(clock.now()).toBe(1000);
  });

  it("is short after quick calls, long after slow ones, and bounded", async () => {
    const waited = async (gap: number) => {
      const clock = fakeClock();
      const pauses = new Pauses(clock);
      for (let call = 0; call < 100; call++) {
        clock.at(1000 + call * gap);
        pauses.heard();
      }
      const last = clock.now();
      await pauses.lull(() => 1000);
      return clock.now() - last;
    };
    expect(await waited(1)).toBe(8);
    expect(await waited(8)).toBeCloseTo(24, 0);
    expect(await waited(60)).toBe(120);
  });

  it("is no longer for the time that the engine has waited for an answer", async () => {
    const clock = fakeClock();
    const pauses = new Pauses(clock);
    for (let call = 0; call < 100; call++) {
      clock.at(1000 + call * 100);
      pauses.answered();
      clock.at(1001 + call * 100);
      pauses.heard();
    }
    const last = clock.now();
    expect(await pauses.lull(() => 1000)).toBe(true);
    expect(clock.now() - last).toBe(8);
  });

  it("has not come while the engine waits for the answer to a call before it makes the next", async () => {
    const clock = fakeClock();
    const pauses = new Pauses(clock);
    let answer = () => {};
    const answered = pauses.answering(() => new Promise<void>((resolve) => (answer = resolve)));
    expect(await pauses.lull(() => 500)).toBe(false);
    expect(clock.now()).toBe(1500);
    answer();
    await answered;
    expect(await pauses.lull(() => 500)).toBe(true);
    expect(clock.now()).toBe(1508);
  });

  it("is not waited for longer than told, however long the calls go on", async () => {
    const clock = fakeClock();
    const pauses = new Pauses({
      ...clock,
      sleep: async (ms) => {
        await clock.sleep(Math.min(ms, 5));
        pauses.heard();
      },
    });
    pauses.heard();
    expect(await pauses.lull(() => 100)).toBe(false);
    expect(clock.now()).toBeLessThanOrEqual(1100);
    expect(clock.now()).toBeGreaterThan(1090);
  });
});
