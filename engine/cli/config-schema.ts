import { type ConfigValue, isSealed } from "../config/values.js";
import { isObject } from "../model/json.js";
import { CliError } from "./errors.js";

/** What a project file says of a configuration key: its type, and that of its items. */
export interface ConfigType {
  type: string;
  items?: ConfigType;
  secret?: boolean;
}

const TYPES = ["string", "integer", "boolean", "array", "object"];

/** Reads the type of `key` from the project file; undefined when that gives none. */
export function readType(key: string, entry: Record<string, ConfigValue>, file: string): ConfigType | undefined {
  const { type, items, secret } = entry;
  if (type === undefined) return undefined;
  if (typeof type !== "string" || !TYPES.includes(type)) {
    throw new CliError(`${file}: config "${key}": type "${String(type)}" must be one of ${TYPES.join(", ")}`);
  }
  const inner = isObject(items) ? readType(`${key}[]`, items, file) : undefined;
  if (type === "array" && !inner) {
    throw new CliError(`${file}: config "${key}": an array must say of what type its "items" are`);
  }
  return { type, ...(inner ? { items: inner } : {}), ...(secret === true ? { secret } : {}) };
}

/**
 * Whether a value is of the type. Numbers and booleans may be texts, as `config set` writes them.
 */
export function isOfType(value: ConfigValue, { type, items }: ConfigType): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value) || (typeof value === "string" && /^[+-]?\d+$/.test(value));
    case "boolean":
      return typeof value === "boolean" || value === "true" || value === "false";
    case "object":
      return isObject(value);
    default:
      return Array.isArray(value) && items !== undefined && value.every((item) => isOfType(item, items));
  }
}

/** The type in the CLI's words: `array<integer>`. */
export const nameOfType = ({ type, items }: ConfigType): string => (items ? `array<${nameOfType(items)}>` : type);

/**
 * Refuses what contradicts the types in the project file. `opened` are the values as the program
 * gets them, all texts: a sealed value can only be checked there.
 */
export function requireTypes(
  types: Record<string, ConfigType>,
  config: Record<string, ConfigValue>,
  opened: Record<string, string>,
  { stack, project }: { stack: string; project: string },
): void {
  for (const [key, type] of Object.entries(types)) {
    const value = config[key];
    if (value === undefined) continue;
    const name = key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key;
    const refuse = (why: string, cure: string) => {
      throw new CliError(
        `validating stack config: Stack '${stack}' with configuration key '${name}' must be ${why}; ${cure}`,
      );
    };
    if (type.secret && !isSealed(value))
      refuse("encrypted as it's secret", `pulumi config set --secret ${key} <value>`);
    const plain =
      typeof value === "object" && value !== null && !isSealed(value) ? JSON.parse(opened[key]!) : opened[key]!;
    if (!isOfType(plain, type)) refuse(`of type '${nameOfType(type)}'`, `pulumi config set ${key} <value>`);
  }
}
