import type { NamespaceView, Scope, Snapshot } from "../kernel/snapshot.js";
import type { Task } from "./task.js";

/**
 * Namespaces that this process has just made and not looked at since. Each is as the model says, so
 * pairs are put into it without a look, which would cost a process a namespace. If somebody else
 * was in there first, the kernel refuses what is added.
 */
export class JustMade {
  private readonly views = new Map<string, NamespaceView>();

  /** What is known of the namespaces of `scope`, for once: what is planned on it changes it. */
  take({ namespaces = [], namespaceSysctls = {} }: Scope): Map<string, NamespaceView> {
    const taken = new Map<string, NamespaceView>();
    for (const name of namespaces) {
      const view = this.views.get(name);
      this.views.delete(name);
      if (view && !namespaceSysctls[name]?.length) taken.set(name, view);
    }
    return taken;
  }

  /** Notes what a group has made; `after` is the model of the host with it. */
  note(tasks: Task[], after: Snapshot): void {
    for (const { steps, error } of tasks)
      for (const step of error ? [] : steps) {
        if (step.do !== "netns.add") continue;
        const view = after.namespaces.get(step.name);
        if (view?.links.size === 1) this.views.set(step.name, view);
      }
  }
}
