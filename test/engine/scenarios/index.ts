import { changes } from "./changes.js";
import { failures } from "./failures.js";
import { interruptions } from "./interruptions.js";
import { options } from "./options.js";
import { references } from "./references.js";
import { refresh } from "./refresh.js";
import { targets } from "./targets.js";
import { values } from "./values.js";

export type { Action, Scenario } from "./scenario.js";

/** What both engines must do alike. */
export const SCENARIOS = [
  ...changes,
  ...options,
  ...failures,
  ...interruptions,
  ...refresh,
  ...references,
  ...targets,
  ...values,
];
