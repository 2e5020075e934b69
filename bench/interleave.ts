/** Seconds of each round, by what was timed. */
export type Times = Record<string, number[]>;

/**
 * Runs the variants in turn. Each round begins with another one, so other load on the machine slows
 * all of them. A variant returns the seconds of each of its operations.
 */
export async function interleave<V extends string>(
  variants: readonly V[],
  rounds: number,
  measure: (variant: V, round: number) => Promise<Record<string, number>>,
): Promise<Record<V, Times>> {
  const times = Object.fromEntries(variants.map((variant): [V, Times] => [variant, {}])) as Record<V, Times>;
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(turn + round) % variants.length]!;
      const of: Times = times[variant];
      for (const [operation, seconds] of Object.entries(await measure(variant, round)))
        of[operation] = [...(of[operation] ?? []), seconds];
    }
  }
  return times;
}

/** The median; of an even number the mean of the middle two. NaN when nothing was timed. */
export function median(seconds: readonly number[] | undefined): number {
  const sorted = [...(seconds ?? [])].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Runs something and says how long it took. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
