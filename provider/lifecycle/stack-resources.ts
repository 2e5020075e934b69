import type { Resources } from "../ownership/context.js";

/** Nothing that is on a host has a resource. */
const NONE: Resources = { of: () => [] };

/** The resources that this stack has, as far as this run can tell. */
export class StackResources {
  private hasProgram = false;

  /** There is a program, so things may have resources that this run knows nothing of. */
  noteProgram(): void {
    this.hasProgram = true;
  }

  /**
   * What a removal may know. A run without a program is a destroy, in which all of the stack goes.
   */
  atRemoval(): Resources | undefined {
    return this.hasProgram ? undefined : NONE;
  }
}
