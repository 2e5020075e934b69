import type { Snapshot } from "../../engine/model/types.js";
import type { Call, Faults } from "./fixture.js";

/** What the fixture provider's calls have made, as it would be out there. */
export class World {
  readonly ids: string[] = [];
  /**
   * What may exist though it isn't in the state: it was retained, goes with another resource, or a
   * refresh took it for gone.
   */
  private readonly left = new Set<string>();

  apply(calls: Call[], faults: Faults, before: Snapshot | undefined): void {
    for (const { id, inputs, outputs, retainOnDelete, deletedWith } of before?.resources ?? []) {
      const name = String(inputs?.name ?? outputs?.name);
      if (id && (retainOnDelete || deletedWith || faults[`answer ${name}`] === "gone")) this.left.add(id);
    }
    for (const { op, name, id, news } of calls) {
      const fault = faults[`${op} ${name}`] as { partial?: unknown } | undefined;
      if (op === "create" && (!fault || fault.partial)) {
        this.ids.push(fault ? `id-${name}` : `id-${name}-${news?.force ?? news?.swap ?? 0}`);
      }
      if (op === "delete" && !fault) {
        const at = this.ids.indexOf(id!);
        if (at >= 0) this.ids.splice(at, 1);
      }
    }
  }

  /** Where state and world disagree: what nobody knows of, and what isn't there. */
  disagreements(state: Snapshot | undefined): string[] {
    const known = (state?.resources ?? []).filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
    const orphans = this.ids.filter((id) => !this.left.has(id) && !known.some((one) => one.id === id));
    const ghosts = known.filter(({ id, pendingReplacement }) => !pendingReplacement && !this.ids.includes(id!));
    return [
      ...orphans.map((id) => `${id} is in no state`),
      ...ghosts.map(({ urn, id }) => `${urn} (${id}) isn't there`),
    ];
  }
}
