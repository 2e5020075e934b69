import { changes } from "./changes.js";
import { failures } from "./failures.js";
import { options } from "./options.js";
import { refresh } from "./refresh.js";

export type { Action, Scenario } from "./scenario.js";

/** What both engines must do alike. */
export const SCENARIOS = [...changes, ...options, ...failures, ...refresh];
