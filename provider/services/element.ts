import { Refusal } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import { shown } from "../kernel/shown.js";

/** How messages call an element of a list: `endpoints[0] "WEB1"`. */
export const shownElement = (path: string, name: string): string => `${path} ${shown(name)}`;

/**
 * The plan of one element of a list: what is wrong with it, and why it is refused, begins with
 * which one it is.
 */
export function elementPlan(element: string, plan: () => Step[]): Step[] {
  return refusedAs(element, plan).map((step) => ({ ...step, why: `${element}: ${step.why}` }));
}

/** What is refused of an argument is said of the one that this resource has for it. */
export function refusedOf<T>(own: Readonly<Record<string, string>>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { argument, reason } = error;
    throw error.as(own[argument] ?? argument, reason);
  }
}

/** What is refused of an element begins with which one it is. */
export function refusedAs<T>(element: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw error.as(element, error.message);
    throw error;
  }
}

/** Steps that are all taken for one reason. */
export const because = (why: string, steps: Step[]): Step[] => steps.map((step) => ({ ...step, why }));
