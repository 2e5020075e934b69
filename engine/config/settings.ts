import { type Document, isMap, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap, type YAMLSeq } from "yaml";
import { isThere, readText } from "../model/file-errors.js";
import type { PropertyPath } from "../model/property-path.js";
import { parseYaml } from "../model/yaml-file.js";
import { writeDurable } from "../state/durable.js";
import { type ConfigValue, isSealed } from "./values.js";

/** A stack's settings file, `Pulumi.<stack>.yaml`. */
export class StackSettings {
  private constructor(
    readonly file: string,
    /** What people type to run this engine, for messages. */
    readonly command: string,
    private readonly document: Document,
  ) {}

  /** Reads `file`; one that isn't there is an empty one. */
  static async read(file: string, command: string): Promise<StackSettings> {
    const document = parseYaml(file !== "" && isThere(file) ? await readText(file) : "", file);
    if (document.contents !== null && !isMap(document.contents)) {
      throw new Error(
        `${file}: the settings of a stack must be a YAML map; mend it, or remove it and run \`${command} config set\``,
      );
    }
    return new StackSettings(file, command, document);
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

  /**
   * Sets a value by its full key, or removes it. All else, comments too, stays as it is; with
   * `within`, which leads to what differs from before, also what stands beside that in the value.
   */
  async setConfig(key: string, value: ConfigValue | undefined, within: PropertyPath = []): Promise<void> {
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
    } else if (isMap(before)) setWithin(before as YAMLMap, written, value, within, this.document);
    else this.document.set("config", nodeOf({ [written]: value }, this.document));
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

/**
 * Sets `value` in a list or a map of a file. Where `within` leads through lists and maps that are
 * there, only what is at its end.
 */
function setWithin(
  into: YAMLMap | YAMLSeq,
  key: string | number,
  value: ConfigValue,
  within: PropertyPath,
  document: Document,
): void {
  const [next, ...rest] = within;
  const pair = isMap(into) ? into.items.find((each) => keyText(each as Pair<Node>) === String(key)) : undefined;
  const node = pair ? pair.value : into.get(key, true);
  const isContainer = (isMap(node) || isSeq(node)) && !isSealed(nestedValue(node));
  if (next === undefined || !isContainer || Array.isArray(value) !== isSeq(node)) {
    const now = nodeOf(value, document);
    if (pair) pair.value = now;
    else into.set(key, now);
    return;
  }
  const inner = (value as Record<string | number, ConfigValue>)[next];
  const isLess = Object.keys(value as object).length < node.items.length;
  if (!isLess && inner !== undefined) setWithin(node, next, inner, rest, document);
  else if (isSeq(node)) node.delete(next);
  else node.items = node.items.filter((each) => keyText(each as Pair<Node>) !== next);
}

/**
 * A node for a value. The CLI reads some texts as numbers or dates that YAML 1.2 takes for texts
 * (`1_000`, `0b11`, `2001-01-01`), so what may look like one is quoted.
 */
function nodeOf(value: ConfigValue, document: Document): Node {
  const node = document.createNode(value);
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && /^(?:[-+.\d]\S*|\d.*:.*|<<)$/.test(scalar.value))
        scalar.type = "QUOTE_DOUBLE";
    },
  });
  return node;
}

const keyText = ({ key }: Pair<Node>): string => String(isScalar(key) ? key.value : key);

/** The entries of a `config:` block, by full key. */
export function readConfig(node: unknown, project: string, file: string): Record<string, ConfigValue> {
  if (isScalar(node) && node.value === null) return {};
  if (!isMap(node))
    throw new Error(`${file}: "config" must be a map of keys and values; write it as config: { key: value }`);
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
