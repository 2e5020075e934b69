import { createHash } from "node:crypto";

/**
 * Who owns a kernel object. The mark goes into ifalias, rule comments and file headers: `hostnet:<stack hash>:<who>`.
 * The hash alone decides (a stack's own objects, whatever the resource is called now); the readable tail is for people,
 * and tells a leftover of a killed run (same resource) from a resource of another name. CNI plugins do likewise.
 */
export interface Owner {
  /** "project/stack". */
  stack: string;
  /** The resource's Pulumi name. */
  resource: string;
  /** The stack's name when the state was written, which may have been renamed since. */
  formerly?: string;
}

/** Reads `__owner`, which the SDK passes as "project/stack/resource name". */
export function parseOwner(text: string): Owner {
  const [project = "", stack = "", ...rest] = text.split("/");
  return { stack: `${project}/${stack}`, resource: rest.join("/") };
}

/** The mark of an owner: no spaces, no quotes, at most 120 characters (ifalias and comments hold 255). */
export function markOf(owner: Owner): string {
  const tail = `${owner.stack}/${owner.resource}`.replace(/[^\w./-]/g, "_").slice(0, 96);
  return `hostnet:${hash(owner.stack)}:${tail}`;
}

/** `ours`: of this stack · `other`: of another stack of ours · `nobody`: not made by this product. */
export type Belongs = "ours" | "other" | "nobody";

export function belongsTo(mark: string | undefined, owner: Owner): Belongs {
  const match = /^hostnet:([0-9a-f]{8}):/.exec(mark ?? "");
  if (!match) return "nobody";
  return [owner.stack, owner.formerly].some((stack) => stack !== undefined && match[1] === hash(stack))
    ? "ours"
    : "other";
}

/** Made by this very resource, as it is in the state file: what a deletion may take. The stack may have made it anew for another one. */
export function isOf(mark: string | undefined, context: { owner: Owner; mark: string }): boolean {
  return belongsTo(mark, context.owner) === "ours" && ownerName(mark ?? "") === ownerName(context.mark);
}

/** The mark that an object is to have: the one it has where that is this stack's, whoever of it wrote it. */
export const keptMark = (found: string | undefined, declared: string, { owner }: { owner: Owner }): string =>
  found !== undefined && belongsTo(found, owner) === "ours" ? found : declared;

/** The readable tail of a mark, for messages. */
export function ownerName(mark: string): string {
  return mark.split(":")[2] ?? mark;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
