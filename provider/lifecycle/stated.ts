import { type Owner, parseOwner } from "../ownership/mark.js";

/**
 * What the state file calls the owners of the resources that the program has: a stack, a project or
 * a resource may have been renamed since. A resource that is not in here is not in the state.
 */
export class StatedOwners {
  private readonly statedNames = new Map<string, string>();
  private readonly namesNow = new Map<string, string>();

  /**
   * The engine has told of a resource of the program, with what the state file has of it; both as
   * `__owner`.
   */
  note(kind: string, owner: string, stated: unknown): void {
    if (typeof stated !== "string") return;
    this.statedNames.set(`${kind} ${owner}`, stated);
    this.namesNow.set(`${kind} ${stated}`, owner);
  }

  /** The owner in the state file; undefined for what is not in it. */
  statedOwner(kind: string, owner: Owner): Owner | undefined {
    const stated = this.statedNames.get(`${kind} ${textOf(owner)}`);
    return stated === undefined ? undefined : parseOwner(stated);
  }

  /** What an owner in the state file is called by the program. */
  ownerNow(kind: string, stated: Owner): Owner {
    const now = this.namesNow.get(`${kind} ${textOf(stated)}`);
    return now === undefined ? stated : parseOwner(now);
  }
}

const textOf = ({ stack, resource }: Owner) => `${stack}/${resource}`;
