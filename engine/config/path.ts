import { isObject } from "../model/json.js";
import { type PropertyPath, pathText } from "../model/property-path.js";
import { type ConfigValue, isSealed } from "./values.js";

/** A value within a key of the configuration, as `--path` names it. */
export interface ConfigPath {
  /** The name of the key, without its namespace. */
  name: string;
  /** The way to the value within the key's own; empty for that one. */
  within: PropertyPath;
}

/** What stands in a settings file for a list or a map is one; a sealed value isn't. */
const isMap = (value: ConfigValue | undefined): value is { [key: string]: ConfigValue } =>
  isObject(value) && !isSealed(value as ConfigValue);

/** The first of a new list that is made longer at once; the items before it are null. */
const MOST_NEW_ITEMS = 1000;

/** Reads `a.b[0]["c d"]`. What the CLI takes is taken, and what it refuses is refused. */
export function parseConfigPath(text: string): ConfigPath {
  const path: PropertyPath = [];
  const invalid = (why: string) =>
    new Error(`invalid config key path: ${why}; write "${text}" as name.key, name[0] or name["a key"]`);
  if (text.startsWith(".")) throw invalid("expected property path to start with a name or index");
  for (let rest = text; rest !== ""; ) {
    const step = stepIn(rest);
    if (typeof step === "string") throw invalid(step);
    if (step.key !== undefined) path.push(step.key);
    rest = rest.slice(step.length);
  }
  const [name, ...within] = path;
  if (path.length === 0) throw new Error("empty config key path; name a key, such as name.key");
  if (typeof name !== "string")
    throw new Error(`first path segment of config key must be a string; write "${text}" as name[0]`);
  if (name === "" || name.includes(":"))
    throw new Error(`config key "${name}" is ${name === "" ? "empty" : "no name, for it has a colon"}`);
  return { name, within };
}

/** The step that a text begins with and its length, or what is wrong with it. */
function stepIn(text: string): { key?: string | number; length: number } | string {
  if (text.startsWith(".")) {
    if (text === ".") return "expected property path to end with a name or index";
    return text[1] === "[" ? "expected property name after '.'" : { length: 1 };
  }
  if (!text.startsWith("[")) {
    const [name] = /^[^.[]+/.exec(text)!;
    return { key: name, length: name.length };
  }
  if (text.startsWith('["')) {
    const [quoted, inner] = /^\["((?:\\"|[^"\\]|\\(?!"))*)"/.exec(text) ?? [];
    if (quoted === undefined) return "missing closing quote in property name";
    if (text[quoted.length] !== "]") return "missing closing bracket in property access";
    return { key: inner!.replaceAll('\\"', '"'), length: quoted.length + 1 };
  }
  const end = text.indexOf("]");
  if (end < 0) return "missing closing bracket in array index";
  const index = text.slice(1, end);
  if (index === "*") return { key: "*", length: end + 1 };
  return /^[+-]?\d+$/.test(index) ? { key: Number(index), length: end + 1 } : `invalid array index "${index}"`;
}

/** The value at a path within another; undefined when there is none. */
export function valueAt(value: ConfigValue | undefined, within: PropertyPath): ConfigValue | undefined {
  return within.reduce<ConfigValue | undefined>((inner, key) => childOf(inner, key), value);
}

function childOf(value: ConfigValue | undefined, key: string | number): ConfigValue | undefined {
  if (Array.isArray(value)) return typeof key === "number" ? value[key] : undefined;
  return isMap(value) && typeof key === "string" && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** `root` with another value at a path; lists and maps on the way are made. */
export function withValue(
  root: ConfigValue | undefined,
  path: ConfigPath,
  value: ConfigValue,
  command: string,
): ConfigValue {
  return set(root, [path.name], path.within, value, command);
}

function set(
  old: ConfigValue | undefined,
  prefix: PropertyPath,
  [key, ...rest]: PropertyPath,
  value: ConfigValue,
  command: string,
): ConfigValue {
  if (key === undefined) return value;
  const here = [...prefix, key];
  const inside = containerFor(old, prefix, key, command);
  if (Array.isArray(inside)) {
    if (typeof key !== "number")
      throw new Error(`${pathText(here)}: key for an array must be an int; it has ${indexes(inside)}`);
    if (key < 0 || key > inside.length) {
      throw new Error(
        `${pathText(here)}: array index out of range; it has ${indexes(inside)}, and [${inside.length}] adds one`,
      );
    }
    return inside.toSpliced(key, 1, set(inside[key], here, rest, value, command));
  }
  if (typeof key !== "string") {
    throw new Error(
      `${pathText(here)}: key for a map must be a string; it has ${Object.keys(inside).join(", ") || "none"}`,
    );
  }
  return reserved({ ...inside, [key]: set(childOf(inside, key), here, rest, value, command) }, here);
}

/** What the next step goes into. Only a key's own value gives way to a list or a map. */
function containerFor(
  old: ConfigValue | undefined,
  prefix: PropertyPath,
  key: string | number,
  command: string,
): ConfigValue[] | { [key: string]: ConfigValue } {
  if (Array.isArray(old) || isMap(old)) return old;
  if (old !== undefined && old !== null && prefix.length > 1) {
    throw new Error(
      `${pathText(prefix)}: expected ${typeof key === "number" ? "an array" : "a map"}; remove its value first: ${command} config rm --path '${pathText(prefix)}'`,
    );
  }
  if (typeof key === "string") return {};
  if (key < 0 || key > MOST_NEW_ITEMS)
    throw new Error(`${pathText([...prefix, key])}: array index out of range; begin with [0]`);
  return new Array<ConfigValue>(key + 1).fill(null);
}

/** `root` without the value at a path. */
export function withoutValue(root: ConfigValue, { name, within }: ConfigPath): ConfigValue {
  return remove(root, [name], within);
}

function remove(old: ConfigValue, prefix: PropertyPath, [key, ...rest]: PropertyPath): ConfigValue {
  const child = key === undefined ? undefined : childOf(old, key);
  if (child === undefined) return old;
  const here = [...prefix, key!];
  if (Array.isArray(old))
    return rest.length === 0 ? old.toSpliced(key as number, 1) : old.with(key as number, remove(child, here, rest));
  const { [key as string]: _, ...others } = old as { [key: string]: ConfigValue };
  return reserved(
    rest.length === 0 ? others : { ...(old as object), [key as string]: remove(child, here, rest) },
    here,
  );
}

/** A map that a settings file would take for a secret is none that can be written. */
function reserved(map: { [key: string]: ConfigValue }, path: PropertyPath): ConfigValue {
  if (isSealed(map))
    throw new Error(
      `${pathText(path)}: maps with the single key "secure" are reserved; give the map another key first`,
    );
  return map;
}

const indexes = (list: ConfigValue[]): string =>
  list.length === 0 ? "no items" : list.length === 1 ? "the item [0]" : `the items [0] to [${list.length - 1}]`;

/** Within a value, `true`, `false` and whole numbers are no texts, as the CLI has it. */
export function coerced(text: string): ConfigValue {
  if (text === "true" || text === "false") return text === "true";
  if (!/^(?:0|[+-]\d+|[1-9]\d*)$/.test(text)) return text;
  const number = Number(text) + 0;
  // A number that would lose digits stays a text.
  return Number.isSafeInteger(number) ? number : text;
}

const TYPES: Record<string, (text: string) => ConfigValue | undefined> = {
  string: (text) => text,
  int: (text) => (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
  bool: (text) => (/^(1|t|true)$/i.test(text) ? true : /^(0|f|false)$/i.test(text) ? false : undefined),
  float: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
};

/** A text as a value of a type, as `--type` names it. */
export function typed(text: string, type: string): ConfigValue {
  const read = Object.hasOwn(TYPES, type) ? TYPES[type]! : undefined;
  if (!read) throw new Error(`invalid type "${type}"; must be one of string, int, bool, or float`);
  const value = read(text);
  if (value === undefined) throw new Error(`"${text}" is no ${type}; give a value of that type, or leave --type out`);
  return value;
}
