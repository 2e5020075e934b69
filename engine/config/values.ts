import { isObject, sortedKeys } from "../model/json.js";

/** A value of a stack's settings file: a text, a sealed text, or a structure of them. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | { [key: string]: ConfigValue };

/** Configuration as a program gets it. */
export interface PlainConfig {
  /** Texts by full key; structures as JSON. */
  values: Record<string, string>;
  /** The keys with a secret anywhere in their value. */
  secretKeys: string[];
}

/**
 * Opens the sealed values of `config`. Writes structures as JSON, as the Pulumi CLI hands them to a
 * program.
 */
export function resolveConfig(config: Record<string, ConfigValue>, decrypt: (sealed: string) => string): PlainConfig {
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    let secret = false;
    const open = (sealed: string) => {
      secret = true;
      try {
        return decrypt(sealed);
      } catch (error) {
        throw new Error(
          `configuration "${key}": its secret can't be decrypted (${(error as Error).message}); set it again: \`pulumi config set --secret ${key}\``,
        );
      }
    };
    const plain = openValue(value, open);
    values[key] = typeof plain === "string" ? plain : goJson(plain);
    if (secret) secretKeys.push(key);
  }
  return { values, secretKeys };
}

/** Whether a value is `{ secure: <ciphertext> }`. */
export function isSealed(value: ConfigValue): value is { secure: string } {
  return isObject(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

function openValue(value: ConfigValue, open: (sealed: string) => string): ConfigValue {
  if (isSealed(value)) return open(value.secure);
  if (Array.isArray(value)) return value.map((item) => openValue(item, open));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, openValue(item, open)]));
}

const ESCAPES: Record<string, string> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };

/**
 * JSON as Go writes it: sorted keys, some signs escaped. Programs and providers compare the text.
 */
function goJson(value: ConfigValue): string {
  return JSON.stringify(value, sortedKeys).replace(/[<>&]/g, (sign) => ESCAPES[sign]!);
}
