import type { IpStep, RulesStep, SettingStep, Step } from "../plan.js";
import type { Snapshot } from "../snapshot.js";

/**
 * The parts of a commit: links, by `ip`; sysctls of namespaces, and files; rules; sysctls of the
 * host, which the rules note as they were.
 */
export type Phase = "links" | "settings" | "rules" | "switches";

/** What changes rules, each in a transaction of its own. */
export type RuleTool = "handles" | "services" | "firewall" | "services, last";

interface Row<S extends Step> {
  /** For messages and tests: `ip -n pod link set dev eth0 up`. */
  print(step: S): string;
  /** Changes a snapshot to what the host looks like afterwards. */
  apply(snapshot: Snapshot, step: S): void;
}

/** `words` stand behind `ip`; a batch has a line of them for each step. */
export interface IpRow<S extends IpStep> extends Row<S> {
  phase: "links";
  words(step: S): string[];
  /** What takes it back, if anything does. */
  undo(step: S): IpStep | undefined;
}

export interface SettingRow<S extends SettingStep> extends Row<S> {
  phase: "settings" | "switches" | ((step: S) => "settings" | "switches");
  undo(step: S): SettingStep | undefined;
}

/** Rules are taken back as a whole: they go back to what was before. */
export interface RulesRow<S extends RulesStep> extends Row<S> {
  phase: "rules";
  tool: RuleTool | ((step: S) => RuleTool);
}
