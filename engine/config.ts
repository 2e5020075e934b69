import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { writeDurable } from "./state/durable.js";

/** A value of a stack's settings file: a text, a sealed text, or a structure of them. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | { [key: string]: ConfigValue };

/** A stack's settings file, `Pulumi.<stack>.yaml`. */
export class StackSettings {
  private constructor(
    readonly file: string,
    private readonly document: Document,
  ) {}

  /** Reads `file`; one that isn't there is an empty one. */
  static async read(file: string): Promise<StackSettings> {
    const document = parseDocument(existsSync(file) ? await readFile(file, "utf8") : "");
    const [problem] = document.errors;
    if (problem) throw new Error(`${file}: ${problem.message}`);
    if (document.contents !== null && !isMap(document.contents)) {
      throw new Error(`${file}: the settings of a stack must be a YAML map`);
    }
    return new StackSettings(file, document);
  }

  private text(key: string): string | undefined {
    const value = this.document.get(key);
    return value === undefined || value === null || value === "" ? undefined : String(value);
  }

  get encryptionSalt(): string | undefined {
    return this.text("encryptionsalt");
  }

  get secretsProvider(): string | undefined {
    return this.text("secretsprovider");
  }

  /** Writes the salt into the file. All else, comments too, stays as it is. */
  async saveEncryptionSalt(salt: string): Promise<void> {
    this.document.set("encryptionsalt", salt);
    await this.write();
  }

  /** Sets a value by its full key, or removes it. All else, comments too, stays as it is. */
  async setConfig(key: string, value: ConfigValue | undefined): Promise<void> {
    const before = this.document.get("config", true);
    const present = isMap(before) ? (before as YAMLMap).items : [];
    const same = (present as Pair<Node, Node | null>[]).find(({ key: node }) => {
      const text = String(isScalar(node) ? node.value : node);
      return text === key || text.replace(":config:", ":") === key;
    });
    const written = same ? String(isScalar(same.key) ? same.key.value : same.key) : key;
    if (value === undefined) {
      if (!same) return;
      this.document.deleteIn(["config", written]);
    } else if (isMap(before)) this.document.setIn(["config", written], this.document.createNode(value));
    else this.document.set("config", this.document.createNode({ [written]: value }));
    if (isMap(before) && (before as YAMLMap).items.length === 0) this.document.delete("config");
    await this.write();
  }

  private async write(): Promise<void> {
    await writeDurable(this.file, this.document.toString({ lineWidth: 0 }), { mode: 0o644 });
  }

  /** The configuration as it stands there, by full key (`project:key`). */
  config(project: string): Record<string, ConfigValue> {
    const config = this.document.get("config", true) as Node | undefined;
    return config === undefined ? {} : readConfig(config, project, this.file);
  }
}

/** The entries of a `config:` block, by full key. */
export function readConfig(node: Node, project: string, file: string): Record<string, ConfigValue> {
  if (isScalar(node) && node.value === null) return {};
  if (!isMap(node)) throw new Error(`${file}: "config" must be a map of keys and values`);
  const result: Record<string, ConfigValue> = {};
  for (const { key, value } of (node as YAMLMap).items as Pair<Node, Node | null>[]) {
    result[fullKey(String(isScalar(key) ? key.value : key), project, file)] = topValue(value);
  }
  return result;
}

/** The key with its namespace, which is the project's unless it says another. */
export function fullKey(key: string, project: string, file: string): string {
  const parts = key.split(":");
  if (parts.length === 1) return `${project}:${key}`;
  if (parts.length === 2) return key;
  if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
  throw new Error(`${file}: "${key}" is no configuration key; write it as name or namespace:name`);
}

/** At the top a plain scalar is its text, as the CLI has it: `1.10` stays `1.10`. */
function topValue(node: Node | null): ConfigValue {
  if (node === null) return "";
  if (isScalar(node)) return node.value === null ? "" : (node.source ?? String(node.value));
  return nestedValue(node);
}

function nestedValue(node: Node | null): ConfigValue {
  if (node === null) return null;
  if (isSeq(node)) return node.items.map((item) => nestedValue(item as Node));
  if (isMap(node)) {
    const pairs = node.items as Pair<Node, Node | null>[];
    return Object.fromEntries(
      pairs.map(({ key, value }) => [String(isScalar(key) ? key.value : key), nestedValue(value)]),
    );
  }
  return isScalar(node) ? (node.value as ConfigValue) : String(node);
}
