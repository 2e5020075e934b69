import type { Family } from "../../kernel/family.js";

/**
 * Everything in one of our tables, flat: what it is → what it holds. Two tables are equal when
 * these are, and what differs between them is what a script has to say.
 *
 *     table                                  ""
 *     set vips · map services                ""                     declared in structure.ts
 *     chain services                         its hook, and a print of each of its rules
 *     element services 10.1.0.1 . tcp . 80   "goto tcp-vip-2"
 *     element vips 10.1.0.1                  ""
 *     element notes fd68:…:8000              a comment
 */
export type Items = Map<string, string>;

export const TABLE = "table";

export const setItem = (name: string) => `set ${name}`;
export const mapItem = (name: string) => `map ${name}`;
export const chainItem = (name: string) => `chain ${name}`;
export const element = (set: string, ...key: (string | number)[]) => `element ${set} ${key.join(" . ")}`;

export interface Item {
  kind: "table" | "set" | "map" | "chain" | "element";
  /** Of the object, or of the set that an element is in. */
  name: string;
  /** Elements only. */
  key: string;
}

export function parseItem(text: string): Item {
  const [kind = "", name = "", ...key] = text.split(" ");
  return { kind: kind as Item["kind"], name, key: key.join(" ") };
}

/**
 * Stands for "every address of the host" where an element has an address: nobody connects to it,
 * and rules can say it (`ip daddr & 0.0.0.0`).
 */
export const ANY: Record<Family, string> = { ip: "0.0.0.0", ip6: "::" };
