import type { Resources } from "../ownership/context.js";
import { markOf, parseOwner, resourceKeys } from "../ownership/mark.js";
import { hasUnknown, type Inputs } from "./inputs.js";

/** A resource as the embedded engine tells of it: of its properties only texts. */
export interface OwnResource {
  /** "pulumi-nodejs:dynamic/hostnet:Endpoint". */
  type: string;
  /** Those that the outputs don't have. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** It goes with another one, and nobody asks for its own removal. */
  deletedWith?: boolean;
}

interface Entry {
  args: Inputs;
  deletedWith?: boolean;
}

/** Nothing that is on a host has a resource. */
const NONE: Resources = { of: () => [] };

/**
 * The resources that this stack has: those of the state, if the engine tells of them, and those of
 * the program that have been checked so far.
 */
export class StackResources implements Resources {
  /** Those of the state; the Pulumi CLI doesn't tell of them. */
  told: () => OwnResource[] | undefined = () => undefined;
  private hasProgram = false;
  /** By kind and mark. What is not in there yet is a call that puts it in. */
  private readonly entries = new Map<string, Entry[]>();
  private readonly notYet: (() => void)[] = [];
  private noted?: OwnResource[];

  /** There is a program, so things may have resources that this run knows nothing of. */
  noteProgram(): void {
    this.hasProgram = true;
  }

  /** The program has this one, which the state knows by other inputs. */
  declare(kind: string, news: Inputs, olds: Inputs): void {
    if (!this.told()) return;
    const isText = (value: unknown) => typeof value === "string" && !hasUnknown(value);
    const args = Object.fromEntries(Object.entries(news).filter(([, value]) => isText(value)));
    this.notYet.push(() => this.add(kind, [{ args }], [news.__owner, olds.__owner]));
  }

  /** The program has these too, but they are none of this run's targets. */
  declareUntargeted(resources: OwnResource[]): void {
    for (const { type, inputs } of resources) this.declare(kindOf(type), inputs, {});
  }

  /** Has the stack no resource that may have written a mark? Of no use where nobody tells. */
  lacks(mark: string): boolean {
    if (!this.told()) return false;
    this.note();
    const [key] = resourceKeys(mark);
    return ![...this.entries.keys()].some((each) => each.endsWith(` ${key}`));
  }

  of(kind: string, mark: string): Inputs[] {
    return this.under(kind, mark).map(({ args }) => args);
  }

  /**
   * What a look may know. Without the state, what is yet to be declared would seem to be nobody's.
   */
  whenLooking(): Resources | undefined {
    return this.told() ? this : undefined;
  }

  /**
   * What a removal may know. A run without a program is a destroy, in which all of the stack goes.
   */
  whenRemoving(): Resources | undefined {
    const left = ({ deletedWith }: Entry) => !deletedWith;
    const others = (kind: string, mark: string) => this.under(kind, mark).filter(left);
    if (this.told()) return { of: (kind, mark) => others(kind, mark).map(({ args }) => args) };
    return this.hasProgram ? undefined : NONE;
  }

  private note(): void {
    const told = this.told() ?? [];
    if (told !== this.noted) this.noteState(told);
    for (const note of this.notYet.splice(0)) note();
  }

  private under(kind: string, mark: string): Entry[] {
    this.note();
    const [key] = resourceKeys(mark);
    return this.entries.get(`${kind} ${key}`) ?? [];
  }

  private noteState(told: OwnResource[]): void {
    this.noted = told;
    for (const { type, inputs, outputs, deletedWith } of told) {
      // As an update that was left half-way would have it, too.
      const args = [outputs, ...(Object.keys(inputs).length > 0 ? [{ ...outputs, ...inputs }] : [])];
      const owners = args.map((each) => each.__owner);
      const entries = args.map((each) => ({ args: each, deletedWith }));
      this.add(kindOf(type), entries, owners);
    }
  }

  private add(kind: string, entries: Entry[], owners: unknown[]): void {
    const marks = owners.filter((owner) => typeof owner === "string").map((owner) => markOf(parseOwner(owner)));
    for (const key of new Set(marks.flatMap(resourceKeys)))
      this.entries.set(`${kind} ${key}`, [...(this.entries.get(`${kind} ${key}`) ?? []), ...entries]);
  }
}

const kindOf = (type: string) => type.slice(type.lastIndexOf(":") + 1);
