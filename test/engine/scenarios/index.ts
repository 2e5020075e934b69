import { changes } from "./changes.js";
import { failures } from "./failures.js";
import { interruptions } from "./interruptions.js";
import { options } from "./options.js";
import { references } from "./references.js";
import { refresh } from "./refresh.js";
import { targets } from "./targets.js";
import { values } from "./values.js";

export type { Action, Scenario } from "./scenario.js";

/** What both engines must do alike, by what it is about. */
export const SUBJECTS = {
  "Coming, changing, being replaced and going": changes,
  "Resource options": options,
  Failures: failures,
  "Killed runs": interruptions,
  Refresh: refresh,
  "Stack references": references,
  "Parts of a stack": targets,
  Values: values,
};

export const SCENARIOS = Object.values(SUBJECTS).flat();
