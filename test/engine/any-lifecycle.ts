import fc from "fast-check";
import type { Faults, FixtureProgram, FixtureResource } from "./fixture.js";
import { type Action, PROVIDER } from "./scenarios/scenario.js";

const NAMES = [..."abcdefghijkl"];

/** What a place in a program holds. A reference is a number, modulo the resources before it. */
const place = fc.record(
  {
    absent: fc.boolean(),
    component: fc.constantFrom(false, false, false, true),
    renamed: fc.boolean(),
    x: fc.nat(1),
    hard: fc.option(fc.tuple(fc.constantFrom("force", "swap"), fc.nat(1)), { nil: undefined }),
    reference: fc.option(fc.tuple(fc.constantFrom("y", "z", "force", "swap"), fc.nat(11)), { nil: undefined }),
    parent: fc.nat(40),
    dependsOn: fc.nat(30),
    deletedWith: fc.nat(60),
    replaceWith: fc.nat(60),
    secret: fc.boolean(),
    flags: fc.subarray(
      [
        "protect",
        "retainOnDelete",
        "deleteBeforeReplace",
        "ignoreChanges",
        "replaceOnChanges",
        "additionalSecretOutputs",
      ],
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ["x", "flags"] },
);
type Place = { x: number; flags: string[] } & Partial<Record<string, unknown>>;

const FLAGS: Record<string, unknown> = {
  protect: true,
  retainOnDelete: true,
  deleteBeforeReplace: true,
  ignoreChanges: ["x"],
  replaceOnChanges: ["x"],
  additionalSecretOutputs: ["made"],
};

/** The program of some places; nothing in it refers to what comes later, or isn't there. */
function programOf(places: Place[]): FixtureProgram {
  const resources: FixtureResource[] = [];
  places.forEach((one, i) => {
    if (one.absent) return;
    const base = NAMES[i]!;
    const name = one.renamed ? `${base}2` : base;
    const pick = (number: unknown) =>
      resources.length > 0 && typeof number === "number" && number < 12
        ? resources[number % resources.length]!
        : undefined;
    const opts: Record<string, unknown> = Object.fromEntries(one.flags.map((flag) => [flag, FLAGS[flag]]));
    const [parent, needed, fate, companion] = [one.parent, one.dependsOn, one.deletedWith, one.replaceWith].map(pick);
    opts.aliases = [{ name: one.renamed ? base : `${base}2` }];
    if (parent) opts.parent = parent.name;
    if (needed) opts.dependsOn = [needed.name];
    if (fate) opts.deletedWith = fate.name;
    if (companion) opts.replaceWith = [companion.name];
    if (one.component) {
      const { protect, parent: below, deletedWith, aliases } = opts;
      const kept = Object.entries({ protect, parent: below, deletedWith, aliases }).filter(
        ([, value]) => value !== undefined,
      );
      resources.push({ name, component: true, opts: Object.fromEntries(kept) });
      return;
    }
    const props: Record<string, unknown> = { x: one.x };
    if (one.hard) Object.assign(props, Object.fromEntries([one.hard as [string, number]]));
    const [key, number] = (one.reference as [string, number] | undefined) ?? [];
    const source = pick(number);
    if (key && source && !source.component)
      props[key] = `$${source.name}.${key === "y" ? "made" : key === "z" ? "size" : "id"}`;
    if (one.secret) props.hidden = "!hush";
    resources.push({ name, as: base, props, opts });
  });
  return { resources };
}

const fault = fc.tuple(
  fc.constantFrom("create", "create", "update", "delete", "delete", "read", "diff", "check"),
  fc.constantFrom(...NAMES),
  fc.boolean(),
);
const answer = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("gone", { size: 7 }, { x: 5 }, { drift: "yes" }));

const faultsOf = (list: [string, string, boolean][]): Faults =>
  Object.fromEntries(
    list.map(([op, name, half]) => {
      const partial = half && (op === "create" || op === "update");
      const rest = partial ? { partial: { properties: { name, ...PROVIDER }, reasons: ["not up"] } } : {};
      return [`${op} ${name}`, { message: `no ${op} of ${name}`, ...rest }];
    }),
  );

const sometimes = <T>(arbitrary: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary });

const step = fc.record({
  op: fc.constantFrom("up", "up", "up", "up", "preview", "refresh", "destroy") as fc.Arbitrary<Action["op"]>,
  changes: fc.array(fc.tuple(fc.nat(11), place), { maxLength: 3 }),
  faults: sometimes(fc.array(fault as fc.Arbitrary<[string, string, boolean]>, { minLength: 1, maxLength: 2 })),
  answers: fc.array(answer, { maxLength: 2 }),
  refresh: fc.constantFrom(false, false, false, true),
  targets: sometimes(fc.subarray(NAMES, { minLength: 1, maxLength: 2 })),
  dependents: fc.boolean(),
  replaces: fc.constantFrom(undefined, undefined, undefined, ...NAMES.slice(0, 4)),
});

/**
 * The life of a stack: programs that follow from each other by a few changes, with failures and
 * interruptions.
 */
export const lifecycle: fc.Arbitrary<Action[]> = fc
  .tuple(fc.array(place, { minLength: 1, maxLength: 12 }), fc.array(step, { minLength: 2, maxLength: 5 }))
  .map(([first, steps]) => {
    let places: Place[] = first as Place[];
    return steps.map(({ op, changes, faults, answers, refresh, targets, dependents, replaces }, i) => {
      if (i > 0) {
        places = [...places];
        for (const [at, one] of changes) places[Math.min(at, places.length)] = one as Place;
        places = places.slice(0, 12);
      }
      const reads = op === "refresh" || refresh;
      const found = reads ? answers.map(([name, value]) => [`answer ${name}`, value]) : [];
      const scope = {
        ...(targets.length > 0 && i > 0
          ? { targets: targets.map((name) => `**::${name}`), targetDependents: dependents }
          : {}),
        ...(replaces && op === "up" ? { replaces: [`**::${replaces}`] } : {}),
      };
      return {
        op: i === 0 ? "up" : op,
        ...(op === "refresh" || op === "destroy" ? {} : { program: programOf(places) }),
        ...(i === 0 ? { program: programOf(places) } : {}),
        faults: { ...faultsOf(faults), ...Object.fromEntries(found) },
        ...(refresh && op !== "refresh" ? { refresh } : {}),
        scope,
      } as Action;
    });
  });
