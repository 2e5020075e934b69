import { isDeepStrictEqual } from "node:util";
import type { Definition } from "../definition.js";
import type { Noted } from "../ownership/context.js";
import { argumentsOf } from "./changes.js";
import { type Inputs, parseInputs } from "./inputs.js";

/**
 * A refresh notes the arguments as they were found. What they were before stays beside them, until
 * an update: a removal has to know of all that was made. null stands for an argument that was left
 * out.
 */
const DECLARED = "__declared";

/** A resource in the state file as the program declared it last, whatever a refresh has found. */
export function asDeclared(olds: Inputs): Inputs {
  if (!(DECLARED in olds)) return olds;
  const { [DECLARED]: declared, ...found } = olds;
  const entries = Object.entries({ ...found, ...(declared as Inputs) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** The same with arguments as they were found. */
export function asFound<D, S extends Noted>(definition: Definition<D, S>, declared: Inputs, found: Inputs): Inputs {
  const before = argumentsOf(definition, declared);
  const others = Object.entries(declared).filter(([key]) => !(key in before));
  const differing = Object.keys({ ...before, ...found }).filter((key) => !isDeepStrictEqual(before[key], found[key]));
  const noted = Object.fromEntries(differing.map((key) => [key, before[key] ?? null]));
  return { ...Object.fromEntries(others), ...found, ...(differing.length > 0 && { [DECLARED]: noted }) };
}

/**
 * What was found, as the user wrote it where it is as declared. Undefined where nobody could
 * declare it: a port that has addresses, say.
 */
export function written<D>(
  definition: Pick<Definition<D, Noted>, "schema">,
  before: Inputs,
  declared: D,
  found: D,
): Inputs | undefined {
  if (isSame(declared, found)) return before;
  const wanted = found as Inputs;
  const spelled = spelledAs(before, { ...before, ...declared }, { ...before, ...wanted }) as Inputs;
  const read = parseInputs(definition, spelled).wish?.desired as Inputs | undefined;
  // A default that follows another argument follows what was found of that, so it has to be said.
  const unlike = Object.keys(wanted).filter((key) => read && !isSame(read[key], wanted[key]));
  const inFull = (key: string) => spelledAs(before[key], (declared as Inputs)[key], wanted[key], true);
  const said = { ...spelled, ...Object.fromEntries(unlike.map((key) => [key, inFull(key)])) };
  return parseInputs(definition, said).wish && said;
}

/**
 * A value as the user wrote it, but for what was found otherwise in it; `inFull`: an object in
 * which something is otherwise is said with all that it has.
 */
function spelledAs(written: unknown, declared: unknown, found: unknown, inFull = false): unknown {
  if (isDeepStrictEqual(declared, found)) return written;
  if (Array.isArray(written) && Array.isArray(declared) && Array.isArray(found))
    return listSpelledAs(written, declared, found, inFull);
  if (inFull || !isObject(written) || !isObject(declared) || !isObject(found)) return plain(found);
  const keys = [...new Set([...Object.keys(written), ...Object.keys(found)])];
  const entries = keys.map((key) => [key, spelledAs(written[key], declared[key], found[key])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Each element is spelled as the one that it is, or else as one that isn't there any more. */
function listSpelledAs(written: unknown[], declared: unknown[], found: unknown[], inFull: boolean): unknown[] {
  const pairs = pairsOf(declared, found);
  return found.map((each, index) => {
    const at = pairs.get(index);
    return at === undefined ? plain(each) : spelledAs(written[at], declared[at], each, inFull);
  });
}

/** An element that was found → its declaration: the same, a namesake, or any left, by index. */
function pairsOf(declared: unknown[], found: unknown[]): Map<number, number> {
  const left = new Set(declared.keys());
  const pairs = new Map<number, number>();
  for (const keyOf of [(each: unknown) => JSON.stringify(each), nameOf, () => ""]) {
    const byKey = new Map<string | undefined, number[]>();
    for (const at of left) {
      const others = byKey.get(keyOf(declared[at]));
      if (others) others.push(at);
      else byKey.set(keyOf(declared[at]), [at]);
    }
    for (const [index, each] of found.entries()) {
      const key = pairs.has(index) ? undefined : keyOf(each);
      const at = key === undefined ? undefined : byKey.get(key)?.shift();
      if (at === undefined) continue;
      pairs.set(index, at);
      left.delete(at);
    }
  }
  return pairs;
}

const nameOf = (value: unknown) => (isObject(value) && typeof value.name === "string" ? value.name : undefined);

/** As JSON has it: without what is undefined. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
const isSame = (a: unknown, b: unknown) => isDeepStrictEqual(plain(a), plain(b));

const isObject = (value: unknown): value is Inputs =>
  typeof value === "object" && value !== null && !Array.isArray(value);
