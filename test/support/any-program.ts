import fc from "fast-check";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { anyArgs, type Names, toIp6 } from "./any-args.js";
import type { Kind } from "./lifecycles.js";

/** A resource as a program declares it. */
export interface Declaration {
  kind: Kind;
  /** Its Pulumi name. */
  name: string;
  args: Inputs;
}

export type Program = readonly Declaration[];

const KINDS: readonly Kind[] = ["bridge", "netNamespace", "natChain", "macvlan", "vethPair", "serviceVip", "endpoint"];
const NAMES: Names = {
  bridges: ["fz_b1", "fz_b2"],
  namespaces: ["fz_n1", "fz_n2"],
  chains: ["FZ-SERVICES", "FZX"],
  services: ["FZ-SERVICES/WEB", "FZ-SERVICES/DNS", "FZX/WEB", "WEB"],
};
const MOST = 8;

/** What somebody does to a program: changes it, and gives back another one. */
type Edit = (program: Program) => Program;

const one = fc.constantFrom(...KINDS).chain((kind) => anyArgs(kind, NAMES).map((args) => ({ kind, args })));
const ofEach = fc.record(
  Object.fromEntries(KINDS.map((kind) => [kind, anyArgs(kind, NAMES)])) as Record<Kind, fc.Arbitrary<Inputs>>,
);

const add: fc.Arbitrary<Edit> = one.map(
  ({ kind, args }) =>
    (program) =>
      declare(program, kind, args),
);
const remove: fc.Arbitrary<Edit> = fc.nat().map((at) => (program) => program.toSpliced(at % (program.length || 1), 1));
/** One argument has another value, or is left out. */
const change: fc.Arbitrary<Edit> = fc.tuple(fc.nat(), fc.nat(), ofEach).map(
  ([at, which, news]) =>
    (program) =>
      replaced(program, at, (each) => withOther(each, which, news[each.kind])),
);
const rename: fc.Arbitrary<Edit> = fc.tuple(fc.nat(), fc.nat(3)).map(
  ([at, n]) =>
    (program) =>
      replaced(program, at, (each) => ({ ...each, name: `renamed${n}` })),
);

function declare(program: Program, kind: Kind, args: Inputs): Program {
  const free = Array.from({ length: MOST + 1 }, (_, n) => `${kind}${n}`).find(
    (name) => !program.some((each) => each.name === name),
  )!;
  return program.length < MOST ? [...program, { kind, name: free, args }] : program;
}

function replaced(program: Program, at: number, edit: (each: Declaration) => Declaration): Program {
  const index = at % (program.length || 1);
  const each = program[index];
  if (!each) return program;
  const edited = edit(each);
  const taken = program.some(({ kind, name }, other) => other !== index && kind === each.kind && name === edited.name);
  return taken ? program : program.with(index, edited);
}

function withOther(each: Declaration, which: number, news: Inputs): Declaration {
  const keys = [...new Set([...Object.keys(each.args), ...Object.keys(news)])];
  const key = keys[which % keys.length]!;
  const { [key]: _, ...rest } = each.args;
  return { ...each, args: key in news ? { ...rest, [key]: news[key] } : rest };
}

/** Declares what is referred to and is not there, as far as there is room. */
const complete: Edit = (program) =>
  program.reduce<Program>((all, { args }) => {
    const address = String(args.address).includes(":") ? toIp6("10.7.101.1") : "10.7.101.1";
    const [chain, service] = String(args.service ?? "").split("/");
    const { bridge, link = bridge, peer } = args as { bridge?: string; link?: string; peer?: { namespace?: string } };
    const needed: [Kind, Inputs][] = [
      ...(link ? [["bridge", { name: link }] as [Kind, Inputs]] : []),
      ...(peer?.namespace ? [["netNamespace", { name: peer.namespace }] as [Kind, Inputs]] : []),
      ...((args.chain ?? service) ? [["natChain", { name: args.chain ?? chain }] as [Kind, Inputs]] : []),
      ...(service ? [["serviceVip", { chain, name: service, address, ports: [{ port: 80 }] }] as [Kind, Inputs]] : []),
    ];
    return needed.reduce((so, [kind, wanted]) => (has(so, kind, wanted) ? so : declare(so, kind, wanted)), all);
  }, program);

/** A range for each chain: the host doesn't show that a second chain needs the same route. */
function withOwnRange(each: Declaration): Declaration {
  const { name, vipRange } = each.args;
  if (each.kind !== "natChain" || vipRange === undefined) return each;
  const range = name === "FZX" ? "10.7.200.0/24" : "10.7.100.0/24";
  return { ...each, args: { ...each.args, vipRange: String(vipRange).includes(":") ? toIp6(range) : range } };
}

const has = (program: Program, kind: Kind, { name, chain }: Inputs) =>
  program.some((each) => each.kind === kind && each.args.name === name && each.args.chain === chain);

/** A program of a few resources, with all that they refer to. */
export const anyProgram: fc.Arbitrary<Program> = fc
  .array(add, { minLength: 1, maxLength: 4 })
  .map((edits) => complete(edits.reduce((program, edit) => edit(program), [] as Program)).map(withOwnRange));

/** The hooks that all backends have. */
const COMMON = ["PREROUTING", "OUTPUT"];

/** The same program with another backend in the place of iptables, and the other way round. */
export const onBackend = (program: Program, backend: string): Program =>
  program.map((each) => {
    if (each.kind !== "natChain") return each;
    const { backend: declared = "iptables", hooks } = each.args as { backend?: string; hooks?: string[] };
    const on = declared === "iptables" ? backend : declared === backend ? "iptables" : declared;
    const common = hooks && on !== "iptables" && { hooks: hooks.filter((hook) => COMMON.includes(hook)) };
    return { ...each, args: { ...each.args, backend: on, ...common } };
  });

/** A program, and one in which one argument of one resource has another value. */
export const anySpoilt: fc.Arbitrary<{ program: Program; spoilt: Program; name: string }> = fc
  .tuple(
    anyProgram,
    fc.constantFrom(...KINDS, "natChain", "serviceVip", "endpoint"),
    fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
    ofEach,
  )
  .map(([program, kind, picks, news]) => {
    const at = Math.max(
      program.findIndex((each) => each.kind === kind),
      0,
    );
    const each = program[at]!;
    const args = withOtherValue(each.args, news[each.kind], picks);
    return { program, name: each.name, spoilt: replaced(program, at, () => withOwnRange({ ...each, args })) };
  });

/** One value of any depth is another one, or the whole of a list is. */
function withOtherValue(args: Inputs, news: Inputs, [pick = 0, deeper = 0, ...picks]: number[]): Inputs {
  const keys = [...new Set([...Object.keys(args), ...Object.keys(news)])].sort();
  const key = keys[pick % keys.length]!;
  const [before, after] = [args[key], news[key]];
  if (isRecord(before) && isRecord(after)) return { ...args, [key]: withOtherValue(before, after, picks) };
  if (isListOfRecords(before) && isListOfRecords(after) && deeper % 4 > 0) {
    const at = deeper % before.length;
    const element = withOtherValue(before[at]!, after[deeper % after.length]!, picks);
    return { ...args, [key]: before.with(at, element) };
  }
  const { [key]: _, ...rest } = args;
  return key in news ? { ...rest, [key]: after } : rest;
}

export const isRecord = (value: unknown): value is Inputs =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isListOfRecords = (value: unknown): value is Inputs[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord);

/** Programs, each an edit of the one before. */
export const anyPrograms = (count: { minLength: number; maxLength: number }): fc.Arbitrary<Program[]> =>
  fc
    .array(
      fc.tuple(
        fc.array(fc.oneof({ weight: 3, arbitrary: add }, remove, { weight: 3, arbitrary: change }, rename), {
          minLength: 1,
          maxLength: 4,
        }),
        // mostly what can be made
        fc.integer({ min: 0, max: 9 }),
      ),
      count,
    )
    .map((versions) => {
      const programs: Program[] = [];
      for (const [edits, luck] of versions) {
        const edited = edits.reduce((program, edit) => edit(program), programs.at(-1) ?? []);
        programs.push((luck > 0 ? complete(edited) : edited).map(withOwnRange));
      }
      return programs;
    });

const STAGES: readonly (readonly Kind[])[] = [
  ["bridge", "netNamespace", "natChain"],
  ["macvlan", "vethPair", "serviceVip"],
  ["endpoint"],
];

/** A program in an engine's order: a resource comes after those that it refers to. */
export const staged = (program: Program) =>
  STAGES.map((kinds) =>
    program.filter(({ kind }) => kinds.includes(kind)).map(({ kind, name, args }) => [kind, name, args] as const),
  );

/**
 * Does a thing belong to another resource in an earlier program of the sequence? That would be a
 * rename without an alias.
 */
export function heldByOthers(): (program: Program) => boolean {
  const holders = new Map<string, string>();
  return (program) =>
    program.filter(({ kind, name, args }) => {
      const id = [kind, args.chain ?? args.service, args.name].join(" ");
      const holder = holders.get(id) ?? name;
      holders.set(id, holder);
      return holder !== name;
    }).length > 0;
}
