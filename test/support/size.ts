import { inject } from "vitest";
import { SEED } from "./chance.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Set for the project `soak`: a test runs at its whole size there. */
    whole: boolean;
  }
}

const whole = inject("whole") ?? false;

/** The share of random runs that are made: all in `soak`, 1/20 elsewhere, or `SCALE=…`. */
const SCALE = Number(process.env.SCALE ?? (whole ? 1 : 0.05));

/** That share of a number of runs, at least `least`. */
export const runs = (all: number, least = 1): number => Math.max(least, Math.round(all * SCALE));

/** What fast-check is told: that share of runs, and the seed that repeats them. */
export const randomRuns = (all: number, least = 1) => ({ seed: SEED, numRuns: runs(all, least) });

/** A walk through many moments that visits that share of them: its start and its stride. */
export function strides(): { first: number; stride: number } {
  const stride = Math.max(1, Math.round(1 / SCALE));
  return { first: SEED % stride, stride };
}

/** What a row has for `npm test`, which is what `isShort` says; in `soak` all the rest. */
export const inTier = <One>(row: readonly One[], isShort: (one: One, at: number) => boolean): One[] =>
  row.filter((one, at) => isShort(one, at) !== whole);

/** Every other one of a row; in `soak` those between. */
export const halved = <One>(row: readonly One[]): One[] => inTier(row, (_, at) => at % 2 === 0);

/** What `soak` alone has. */
export const inSoak = <One>(...row: One[]): One[] => inTier(row, () => false);

/** Two opposite corners of a product of kinds; in `soak` all the others. */
export const worlds = <World>(product: readonly World[]): World[] =>
  inTier(product, (_, at) => at === 0 || at === product.length - 1);

/** A row for each member of another; by default a diagonal of the product, in `soak` the rest. */
export const diagonal = <A, B>(row: readonly A[], other: readonly B[]): (A & B)[] =>
  row.flatMap((one, line) =>
    inTier(other, (_, column) => column === line % other.length).map((each) => ({ ...one, ...each })),
  );
