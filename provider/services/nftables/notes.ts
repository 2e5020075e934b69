import { createHash } from "node:crypto";
import { z } from "zod";
import type { ServiceHead } from "../../kernel/service-change.js";
import { type ChainSpec, type EndpointSpec, USUAL } from "../../kernel/service-spec.js";
import { nftRule, parseRule } from "./dnat.js";
import { element } from "./item.js";

/**
 * What the elements of a table are for, and whose: JSON in the comments of elements of the set
 * `notes`, which no rule looks at. A comment holds 128 bytes, so a longer text is cut: the last
 * group of the address says which part it is. nft's strings hold no double quote; and no value in
 * here holds a single one.
 */
export type Note = { chain: ChainSpec } | { service: ServiceHead } | { endpoint: EndpointSpec; of: string };

/** As `structure.ts` has them, in the order in which they are noted. */
const HOOKS = ["PREROUTING", "OUTPUT"];

const PART_BYTES = 120;
const PARTS = 0x8000;

const port = z.object({
  port: z.number(),
  protocol: z.enum(["tcp", "udp", "sctp"]),
  targetPort: z.number(),
  nodePort: z.number().optional(),
});
const policy = z.enum(["Cluster", "Local"]).default("Cluster");
const schema = z.union([
  z.object({
    chain: z.object({
      name: z.string(),
      mark: z.string(),
      hooks: z.array(z.enum(["prerouting", "output"])).default([]),
      vipRanges: z.array(z.string()).default([]),
      rules: z.array(z.object({ family: z.enum(["ip", "ip6"]), text: z.string() })).default([]),
    }),
  }),
  z.object({
    service: z.object({
      name: z.string(),
      mark: z.string(),
      address: z.string(),
      ports: z.array(port),
      affinitySeconds: z.number().optional(),
      externalIPs: z.array(z.string()).default([]),
      loadBalancerSourceRanges: z.array(z.string()).default([]),
      externalTrafficPolicy: policy,
      internalTrafficPolicy: policy,
      inline: z.literal(true).optional(),
      bulk: z.literal(true).optional(),
    }),
  }),
  z.object({
    endpoint: z.object({
      name: z.string(),
      address: z.string(),
      weight: z.number().default(USUAL.weight),
      ready: z.boolean().default(USUAL.ready),
      serving: z.boolean().default(USUAL.serving),
      terminating: z.boolean().default(USUAL.terminating),
      local: z.boolean().default(USUAL.local),
      mark: z.string(),
    }),
    of: z.string(),
  }),
]);

/** Values that go without saying: they are most of them, and there may be 10,000 services. */
const DEFAULTS: Record<string, unknown> = {
  externalTrafficPolicy: "Cluster",
  internalTrafficPolicy: "Cluster",
  ...USUAL,
};

const isSaid = (key: string, value: unknown) =>
  value !== undefined && value !== DEFAULTS[key] && !(Array.isArray(value) && value.length === 0);

const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/** The elements that hold a note, the same for the same thing, however it came to be. */
export function noteItems(note: Note): [item: string, text: string][] {
  const json = JSON.stringify(written(note), (_key, value: unknown) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([key, each]) => isSaid(key, each))
            .sort(byKey),
        )
      : value,
  ).replaceAll('"', "'");
  const id = idOf(note);
  const parts = Math.ceil(json.length / PART_BYTES);
  return Array.from({ length: parts }, (_, at) => [
    element("notes", `${id}:${(PARTS + at).toString(16)}`),
    json.slice(at * PART_BYTES, (at + 1) * PART_BYTES),
  ]);
}

/** The notes that elements of the set hold; what is no note, or not all of one, is left out. */
export function readNotes(comments: Iterable<[address: string, text: string]>): Note[] {
  const parts = new Map<string, string[]>();
  for (const [address, text] of comments) {
    const colon = address.lastIndexOf(":");
    const id = address.slice(0, colon);
    const found = parts.get(id) ?? [];
    found[Number.parseInt(address.slice(colon + 1), 16) - PARTS] = text;
    parts.set(id, found);
  }
  return [...parts].flatMap(([id, texts]) => {
    const { data } = schema.safeParse(parse(texts.join("")));
    const note = data && readNote(data);
    return note && idOf(note) === id ? [note] : [];
  });
}

/** A chain's hooks and rules are noted in nft's words. */
function written(note: Note): unknown {
  if (!("chain" in note)) return note;
  const { hooks, rules, ...chain } = note.chain;
  return {
    chain: {
      ...chain,
      hooks: HOOKS.filter((hook) => hooks.includes(hook)).map((hook) => hook.toLowerCase()),
      rules: rules.map(nftRule),
    },
  };
}

function readNote(data: z.infer<typeof schema>): Note {
  if (!("chain" in data)) return data as Note;
  const { hooks, rules, ...chain } = data.chain;
  return {
    chain: {
      ...chain,
      hooks: hooks.map((hook) => hook.toUpperCase()),
      rules: rules.flatMap(({ text }) => parseRule(text) ?? []),
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll("'", '"')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Seven groups of an IPv6 address, none of which is ever shortened in print; made of the name, so
 * that it is found again.
 */
function idOf(note: Note): string {
  const name =
    "chain" in note
      ? "chain"
      : "service" in note
        ? `service ${note.service.name}`
        : `endpoint ${note.of} ${note.endpoint.name}`;
  const hash = createHash("sha256").update(name).digest();
  return Array.from({ length: 7 }, (_, at) => (PARTS | hash.readUInt16BE(2 * at)).toString(16)).join(":");
}
