import { createHash } from "node:crypto";
import { drift } from "../kernel/drift.js";

/** Who owns a kernel object. */
export interface Owner {
  /** "project/stack". */
  stack: string;
  /** The resource's Pulumi name. */
  resource: string;
}

/**
 * A resource by its marks: the one that it writes, and the one that it wrote under a former name of
 * it or of its stack.
 */
export interface Bearer {
  mark: string;
  formerMark?: string;
}

/** Reads `__owner`, which the SDK passes as "project/stack/resource name". */
export function parseOwner(text: string): Owner {
  const [project = "", stack = "", ...rest] = text.split("/");
  return { stack: `${project}/${stack}`, resource: rest.join("/") };
}

/**
 * The mark of an owner goes into ifalias, rule comments, notes and file headers. It holds no spaces
 * and no quotes, and at most 120 characters (ifalias and comments hold 255): `hostnet:<8 hex
 * digits>:<project/stack/resource>:<12 characters><12 characters>`. The last field decides. It
 * holds two hashes, of the stack's whole name and of the resource's. The readable field is cut and
 * has other characters replaced. CNI plugins do likewise.
 *
 * Version 0.1 wrote no last field, so two names of one readable field had one mark. Its marks are
 * understood, and get the last field with the resource's next change.
 */
export function markOf({ stack, resource }: Owner): string {
  const readable = `${stack}/${resource}`.replace(/[^\w./-]/g, "_").slice(0, READABLE);
  const hash = sha256(stack).toString("hex").slice(0, 8);
  return `${PRODUCT}${hash}:${readable}:${digest(stack)}${digest(stack, resource)}`;
}

/** Version 0.1 wrote up to 96 characters. */
const READABLE = 78;

/** `ours`: of this stack. `other`: of another stack. `nobody`: not made by this product. */
export type Belongs = "ours" | "other" | "nobody";

/** Is it a mark of this product, whichever stack's? */
export const isMark = (text: string | undefined): boolean => text?.startsWith(PRODUCT) === true;

/** Whose a mark is, which notes may follow. */
export function belongsTo(mark: string | undefined, bearer: Bearer): Belongs {
  if (!mark?.startsWith(PRODUCT)) return "nobody";
  const found = parse(mark);
  return namesOf(bearer).some((name) => sameStack(found, name)) ? "ours" : "other";
}

/**
 * Is it the mark of this very resource? One of version 0.1 may be that of another one with the same
 * readable field.
 */
export function isOf(mark: string | undefined, bearer: Bearer): boolean {
  if (!mark?.startsWith(PRODUCT)) return false;
  const found = parse(mark);
  return namesOf(bearer).some((name) => sameResource(found, name));
}

/**
 * May a removal take what bears this mark? A change may take all of its stack: what a resource
 * comes to carry, say. A resource that is deleted may take its own: by now another one may have the
 * rest. Version 0.1 left rules under the name that a resource once had, so of its marks those of
 * the whole stack count.
 */
export function goesWith(mark: string | undefined, bearer: Bearer & { deleted?: boolean }): boolean {
  if (belongsTo(mark, bearer) !== "ours") return false;
  return !bearer.deleted || parse(mark!).whole === undefined || isOf(mark, bearer);
}

/** Is it the mark of another resource, of whichever stack? */
export const isOthers = (mark: string | undefined, bearer: Bearer): boolean =>
  belongsTo(mark, bearer) !== "nobody" && !goesWith(mark, { ...bearer, deleted: true });

/** The mark that an object is to have: one of this stack is right as it is, but for a change. */
export const wantedMark = (found: string | undefined, bearer: Bearer & { writeMarks?: boolean }): string =>
  !bearer.writeMarks && found !== undefined && belongsTo(found, bearer) === "ours" ? found : bearer.mark;

/** The same of what only one resource can have made: there another one's mark is wrong. */
export const wantedAlias = (found: string | undefined, bearer: Bearer & { writeMarks?: boolean }): string =>
  isOf(found, bearer) ? wantedMark(found, bearer) : bearer.mark;

/** Is it the stack's, and other than what its resource writes now? */
export const isStale = (mark: string | undefined, bearer: Bearer): boolean =>
  mark !== bearer.mark && belongsTo(mark, bearer) === "ours";

/**
 * The same of what several resources share: it keeps the mark of another one of them. A former mark
 * of this resource goes, and one that the stack had under a former name, since no resource may be
 * left that bears it.
 */
export const isStaleOnShared = (mark: string | undefined, bearer: Bearer): boolean =>
  isStale(mark, bearer) && (isOf(mark, bearer) || belongsTo(mark, { mark: bearer.mark }) !== "ours");

/**
 * Names the owners when the marks differ, and the marks where the owners' readable fields are one.
 */
export function markDrift(found: { mark: string }, declared: { mark: string }): string[] {
  if (found.mark === declared.mark) return [];
  const names = [found, declared].map(({ mark }) => ownerName(mark));
  return [names[0] === names[1] ? drift("mark", found.mark, declared.mark) : drift("owner", names[0], names[1])];
}

/** The readable field of a mark, for messages. */
export function ownerName(mark: string): string {
  return mark.split(/[:;]/)[2] ?? mark;
}

/**
 * By what a resource is found by its mark, beginning with what the mark says. One of version 0.1
 * says the second alone.
 */
export function resourceKeys(mark: string): string[] {
  const { hash, readable, whole } = parse(mark);
  return [...(whole ? [`${whole.stack} ${whole.resource}`] : []), `${hash}:${readable}`];
}

const PRODUCT = "hostnet:";

interface Name {
  hash?: string;
  readable: string;
  whole?: { stack: string; resource: string };
}

/** What follows a `;` are notes. A mark of another form is one of a later version: another's. */
function parse(mark: string): Name {
  const [, hash, readable = "", stack, resource] =
    /^hostnet:([0-9a-f]{8}):([\w./-]*)(?::([\w-]{12})([\w-]{12}))?(?:;|$)/.exec(mark) ?? [];
  return {
    hash,
    readable: readable.slice(0, READABLE),
    ...(stack !== undefined && resource !== undefined && { whole: { stack, resource } }),
  };
}

const namesOf = ({ mark, formerMark }: Bearer) => [mark, ...(formerMark === undefined ? [] : [formerMark])].map(parse);

/** Project and stack as far as the readable field has them. */
const stackIn = ({ readable }: Name) => readable.split("/", 2).join("/");

function sameStack(a: Name, b: Name): boolean {
  if (a.whole && b.whole) return a.whole.stack === b.whole.stack;
  return a.hash !== undefined && a.hash === b.hash && stackIn(a) === stackIn(b);
}

function sameResource(a: Name, b: Name): boolean {
  if (a.whole && b.whole) return sameStack(a, b) && a.whole.resource === b.whole.resource;
  return a.hash !== undefined && a.hash === b.hash && a.readable === b.readable;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** 72 bits. JSON keeps the parts of a name apart. */
const digest = (...name: string[]) => sha256(JSON.stringify(name)).toString("base64url").slice(0, 12);
