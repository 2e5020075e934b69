import type { FailureCode } from "../kernel/errors.js";
import type { StaleFlows } from "../kernel/flows.js";
import type { IpStep, LinkOptions, Step } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { RuleTool } from "../kernel/steps/row.js";
import type { ServiceBackend } from "../services/backend.js";

/**
 * What a host is told of that which is made on it, so that it knows no resource by itself
 * (provider/product.ts).
 */
export interface Product {
  /** The settings of a kind of link that are known, as `ip -d -j` shows them. Throws HostError. */
  linkOptions: ReadOptions;
  /**
   * What the kernel's word doesn't say of a step that it has refused, with the cure. Undefined
   * where it says all. `lacksKind`: it knows no such kind of link.
   */
  whyRefused(step: IpStep, code: FailureCode, lacksKind: boolean): string | undefined;
  backends: readonly ServiceBackend[];
  /** Changes a snapshot to what the host looks like after steps. */
  applySteps(snapshot: Snapshot, steps: Step[]): void;
  /** What changes the rules that a step is about; undefined where it is about none. */
  ruleToolOf(step: Step): RuleTool | undefined;
  /** The flows to forget after the rules have changed. */
  staleFlows(before: Firewalls, after: Firewalls): StaleFlows[];
}

export type ReadOptions = (kind: string, data: Record<string, unknown>) => LinkOptions;
