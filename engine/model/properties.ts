import { isObject } from "./json.js";
import type { PropertyMap, PropertyValue } from "./types.js";

/** The key that marks an object as one of the special values below. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** The mark of a secret. */
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** A value that a preview can't know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Whether a value is an object without a signature, so a plain map of properties. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return isObject(value) && !(SIGNATURE in value);
}

function signature(value: PropertyValue): PropertyValue | undefined {
  return isObject(value) ? value[SIGNATURE] : undefined;
}

/** Whether a value is a secret. */
export function isSecret(value: PropertyValue | undefined): value is PropertyMap & { plaintext: string } {
  return value !== undefined && signature(value) === SECRET;
}

/** Whether a value refers to a resource, by its URN. */
export function isReference(value: PropertyValue): value is PropertyMap & { urn: string } {
  return signature(value) === REFERENCE;
}

/** Makes a value secret; a secret stays as it is. */
export function makeSecret(value: PropertyValue): PropertyValue {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, plaintext: JSON.stringify(value) };
}

/** The value within a secret; other values as they are. */
export function reveal(value: PropertyValue): PropertyValue {
  return isSecret(value) ? reveal(JSON.parse(value.plaintext) as PropertyValue) : value;
}

/** A copy of a map in which each value went through `change`; `undefined` drops the key. */
export function mapValues(
  map: PropertyMap,
  change: (value: PropertyValue, key: string) => PropertyValue | undefined,
): PropertyMap {
  const result: PropertyMap = {};
  for (const [key, value] of Object.entries(map)) {
    const changed = change(value, key);
    if (changed !== undefined) result[key] = changed;
  }
  return result;
}

const providers = new Map<string, string>();

/**
 * The code of a provider comes with each resource, several times. Equal texts of some kilobytes are
 * kept once.
 */
function asOne(text: string): string {
  const known = providers.get(text);
  if (known === undefined) providers.set(text, text);
  return known ?? text;
}

/**
 * Reads what the SDK and providers send: an output is its value, and what the engine can't carry is
 * refused by name.
 */
export function fromWire(value: PropertyValue, key?: string): PropertyValue {
  if (typeof value === "string") return key === "__provider" ? asOne(value) : value;
  if (Array.isArray(value)) return value.map((item) => fromWire(item));
  if (typeof value !== "object" || value === null) return value;
  switch (signature(value)) {
    case undefined:
      return mapValues(value, fromWire);
    case SECRET:
      return makeSecret(fromWire(value.value ?? null));
    case OUTPUT: {
      const known = value.value === undefined ? UNKNOWN : fromWire(value.value);
      return value.secret === true ? makeSecret(known) : known;
    }
    case REFERENCE:
      return value;
    case ASSET:
    case ARCHIVE:
      throw new Error(
        "assets and archives are not supported by the embedded engine; use the Pulumi CLI for this program (`pulumi up`)",
      );
    default:
      throw new Error(`unknown kind of property value (signature ${JSON.stringify(signature(value))})`);
  }
}

/** A Struct as plain properties. */
export const properties = (struct: { toJavaScript(): unknown } | undefined): PropertyMap =>
  struct ? (fromWire(struct.toJavaScript() as PropertyValue) as PropertyMap) : {};

/** To what the SDK and a provider's configuration take: secrets with their value. */
export function toWire(value: PropertyValue): PropertyValue {
  if (isSecret(value)) return { [SIGNATURE]: SECRET, value: toWire(reveal(value)) };
  if (Array.isArray(value)) return value.map(toWire);
  return isMap(value) ? mapValues(value, toWire) : value;
}

/** What a dynamic provider gets: no secrets, a reference as its id, unknowns only if `unknowns`. */
export function toPlain(map: PropertyMap, unknowns: boolean): PropertyMap {
  const plain = (value: PropertyValue): PropertyValue | undefined => {
    const open = reveal(value);
    if (open === UNKNOWN) return unknowns ? open : undefined;
    if (Array.isArray(open)) return open.map(plain).filter((item) => item !== undefined);
    if (isMap(open)) return mapValues(open, plain);
    if (signature(open) === REFERENCE) {
      const reference = open as unknown as PropertyMap;
      return (reference.id || reference.urn) as PropertyValue;
    }
    return open;
  };
  return mapValues(map, plain);
}

/**
 * A value with its keys in the order in which protobuf writes them: a provider that compares JSON
 * texts sees it. What is in that order stays the same object.
 */
export function inWireOrder(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) {
    const items = value.map(inWireOrder);
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const ordered = entries.map(([key, each]) => [key, inWireOrder(each)] as const);
  const isSame = ordered.every(
    ([key, each], at) => each === entries[at]![1] && (at === 0 || entries[at - 1]![0] < key),
  );
  return isSame ? value : Object.fromEntries(ordered.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function some(value: PropertyValue, test: (value: PropertyValue) => boolean): boolean {
  if (test(value)) return true;
  const open = reveal(value);
  if (open !== value && test(open)) return true;
  if (typeof open !== "object" || open === null) return false;
  return Object.values(open).some((item) => some(item, test));
}

/** Whether a secret is anywhere within a value. */
export const containsSecret = (value: PropertyValue): boolean => some(value, isSecret);

/**
 * Marks outputs secret where the input of the same name is, level by level: dynamic providers know
 * no secrets.
 */
export function annotateSecrets(outputs: PropertyMap, inputs: PropertyMap): PropertyMap {
  return mapValues(outputs, (output, key) => {
    const input = inputs[key];
    if (input === undefined) return output;
    if (isMap(output) && isMap(input)) return annotateSecrets(output, input);
    return containsSecret(input) ? makeSecret(output) : output;
  });
}
