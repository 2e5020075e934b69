/** What a run's random choices follow from; `SEED=…` repeats a run. */
export const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Choices that follow from a seed alone. */
export function chooser(seed: number) {
  let state = seed;
  /** mulberry32 */
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(random() * limit);
  const shuffled = <T>(all: readonly T[]): T[] =>
    all
      .map((each) => [random(), each] as const)
      .sort(([a], [b]) => a - b)
      .map(([, each]) => each);
  return {
    /** So many of them, in any order. */
    some: <T>(count: number, all: readonly T[]): T[] => shuffled(all).slice(0, count),
    /** One or more of them, each number of them equally likely. */
    subset: <T>(all: readonly T[]): T[] => shuffled(all).slice(0, 1 + below(all.length)),
  };
}
