import type { IpStep } from "../plan.js";
import type { Snapshot } from "../snapshot.js";
import type { IpRow } from "./row.js";

type Of<Kind> = IpStep & { do: Kind };

/** The rows of some kinds of what `ip` does. */
export type IpRows<Kind extends IpStep["do"]> = { [K in Kind]: IpRow<Of<K>> };

/** A row of what `ip` does. Its inverse comes with the step. */
export const ipRow = <Kind extends IpStep["do"]>(
  words: (step: Of<Kind>) => string[],
  apply: (snapshot: Snapshot, step: Of<Kind>) => void,
): IpRow<Of<Kind>> => ({
  phase: "links",
  words,
  print: (step) => ["ip", ...(step.namespace === undefined ? [] : ["-n", step.namespace]), ...words(step)].join(" "),
  apply,
  undo: ({ undo, why }) => undo && { ...undo, why },
});
