import type { Context, Definition } from "../../definition.js";
import type { Snapshot } from "../../kernel/snapshot.js";

/** What a definition does differently on another backend. */
export type Half<D> = Pick<Definition<D>, "plan" | "remove" | "marks" | "exists" | "outputs" | "refuse">;

/** A definition whose things are on nftables where `isThere` says so, and else where the definition itself puts them. */
export function onEither<D>(
  definition: Definition<D>,
  nftables: Half<D>,
  isThere: (desired: D, host: Snapshot, context: Context) => boolean,
): Definition<D> {
  const half = (...at: [desired: D, host: Snapshot, context: Context]): Half<D> =>
    isThere(...at) ? nftables : definition;
  return {
    ...definition,
    plan: (...at) => half(...at).plan(...at),
    remove: (...at) => half(...at).remove(...at),
    marks: (...at) => half(...at).marks(...at),
    exists: (...at) => half(...at).exists(...at),
    outputs: (...at) => half(...at).outputs(...at),
    refuse: (...at) => half(...at).refuse?.(...at),
  };
}

/** The two halves of a plan for what is parsed already. */
export function partsOf<D>(half: Half<D>, desired: D) {
  return {
    plan: (host: Snapshot, context: Context) => half.plan(desired, host, context),
    remove: (host: Snapshot, context: Context) => half.remove(desired, host, context),
  };
}
