import type { FirewallStep, IpStep, ListedStep, NatStep, RulesStep, SettingStep, Step } from "../plan.js";
import { ADDRESS_STEPS, ROUTE_STEPS } from "./addresses.js";
import { LINK_STEPS } from "./links.js";
import type { IpRow, Phase, RulesRow, SettingRow } from "./row.js";
import { RULE_STEPS } from "./rules.js";
import { SETTING_STEPS } from "./settings.js";

/** One row for each kind of step. A kind without one doesn't compile. */
export type StepTable = { [Kind in IpStep["do"]]: IpRow<IpStep & { do: Kind }> } & {
  [Kind in SettingStep["do"]]: SettingRow<SettingStep & { do: Kind }>;
} & { [Kind in RulesStep["do"]]: RulesRow<RulesStep & { do: Kind }> };

/** How a NatChain changes, its backend knows: services/steps.ts completes that row. */
export type KernelSteps = Omit<StepTable, "nat"> & { nat: Omit<StepTable["nat"], "tool" | "apply"> };

export const KERNEL_STEPS: KernelSteps = {
  ...LINK_STEPS,
  ...ADDRESS_STEPS,
  ...ROUTE_STEPS,
  ...SETTING_STEPS,
  ...RULE_STEPS,
};

// A row takes steps of its kind alone, which TypeScript can't tell of a step of any kind.
const rowOf = <R>({ do: kind }: Step): R => KERNEL_STEPS[kind] as R;

/** A step as a person would type it: `ip -n pod link set dev eth0 up`. */
export const printed = (step: Step): string => rowOf<{ print(step: Step): string }>(step).print(step);

export function phaseOf(step: Step): Phase {
  const { phase } = rowOf<{ phase: Phase | ((step: Step) => Phase) }>(step);
  return typeof phase === "function" ? phase(step) : phase;
}

/** What takes a step back; undefined for rules, and where nothing does. */
export const inverseOf = (step: Step): Exclude<Step, RulesStep> | undefined =>
  rowOf<{ undo?(step: Step): Exclude<Step, RulesStep> | undefined }>(step).undo?.(step);

/** What stands behind `ip`: each step is one process, or one line of a batch. */
export const wordsOf = (step: IpStep): string[] => rowOf<IpRow<IpStep>>(step).words(step);

export const isIp = (step: Step): step is IpStep => phaseOf(step) === "links";

export const isSetting = (step: Step): step is SettingStep => ["settings", "switches"].includes(phaseOf(step));

/** Does it change rules, by whichever tool? */
export const isRule = (step: Step): step is RulesStep => phaseOf(step) === "rules";

export const isFirewall = (step: Step): step is FirewallStep => rowOf<{ tool?: unknown }>(step).tool === "firewall";

export const isListedRule = (step: Step): step is ListedStep => step.do === "listedRule";

export const isNat = (step: Step): step is NatStep => step.do === "nat";
