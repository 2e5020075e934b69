import type { NamespaceView, Scope, Snapshot } from "../kernel/snapshot.js";
import type { Task } from "./task.js";

/**
 * Namespaces that this process has just made, and nobody of it has looked at since: each is as the model says, so the pairs that are put
 * into it need no look into it, which costs a process a namespace. Somebody else who was in there first makes the kernel refuse what is added.
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
