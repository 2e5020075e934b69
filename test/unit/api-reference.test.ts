import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeclarationReflection, type ProjectReflection, ReflectionKind } from "typedoc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeReference } from "../../build/reference.js";
import { hostAddress } from "../../provider/kernel/host-address.js";
import * as resources from "../../provider/resources.js";
import { repositoryRoot } from "../../sandbox/root.js";
import {
  examples,
  given,
  inner,
  isIntrinsic,
  leaves,
  literals,
  propertiesOf,
  summary,
  tag,
  takes,
  withSchemas,
} from "../support/docstrings.js";

/*
 * How docstrings of what we export are written, so that it can be checked:
 *
 * - Everything that is exported has one: each class, function, type, property and parameter.
 * - An argument that may be left out has a `@defaultValue`. A value that may be missing in what a
 *   program reads says what that means: "Absent: …".
 * - A number has its range and its unit, "68 to 65535 bytes", or it is a "Port number" with its
 *   range.
 * - A text has an example in quotes and backticks, `"10.0.0.1/24"`; or it says "Any text".
 * - Where a type lists words, the docstring has each of them, in quotes and backticks.
 * - What can be refused stands under `@throws` of the class or function.
 *
 * Ranges, examples, words and defaults are held against the schemas by which the provider reads the
 * arguments. So a quoted text in backticks has to be a value that the argument takes.
 */

const ARGS: Record<string, { class: string; schema: z.core.$ZodType }> = Object.fromEntries(
  Object.values(resources).map(({ kind, schema }) => [`${kind}Args`, { class: kind, schema }]),
);

let folder: string;
let project: ProjectReflection;
let warnings: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-reference-"));
  ({ project, warnings } = await writeReference(folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = (of: string) =>
  Object.fromEntries(
    readdirSync(of, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => [name, readFileSync(join(of, name), "utf8")]),
  );

const named = (name: string) =>
  project.getReflectionsByKind(ReflectionKind.ClassOrInterface).find((each) => each.name === name) as
    | DeclarationReflection
    | undefined;
const nameOf = (of: DeclarationReflection) => `${of.parent?.name}.${of.name}`;
const args = () => [...given(project)].flatMap(propertiesOf);
const breaching = (all: DeclarationReflection[], keeps: (each: DeclarationReflection) => unknown) =>
  all.filter((each) => !keeps(each)).map(nameOf);

describe("the reference", () => {
  it("is what `npm run docs` makes of the docstrings as they are", () => {
    expect(pages(join(repositoryRoot, "docs/api")), "write it anew: npm run docs").toEqual(pages(folder));
  });

  it("has a docstring of everything that is exported, and names nothing that isn't", () => {
    expect(warnings).toEqual([]);
  });

  it("says nothing of this machine, nor of Pulumi's internals", () => {
    const text = Object.values(pages(folder)).join("\n");
    expect(text).not.toContain(repositoryRoot);
    expect(text).not.toMatch(/node_modules|getProvider|__provider|__owner|HostResource|blob\//);
  });
});

describe("an argument", () => {
  it("says what it is when it is left out", () => {
    expect(args().length).toBeGreaterThan(80);
    const optional = args().filter(({ flags }) => flags.isOptional);
    expect(breaching(optional, (each) => (tag(each, "@defaultValue") ?? "") !== "")).toEqual([]);
  });

  it("that is a number has a range and a unit", () => {
    const numbers = args().filter(({ type }) => leaves(type).every(isIntrinsic("number")));
    const range = /(^Port number.*|[^-\d])-?\d+ (to \d+|or more)/s;
    const unit = /(to \d+|or more) (bytes|seconds|milliseconds|tries|parts|at a time)|^Port number/;
    expect(numbers.length).toBeGreaterThan(10);
    expect(breaching(numbers, (each) => range.test(summary(each)) && unit.test(summary(each)))).toEqual([]);
  });

  it("that is a text has an example", () => {
    const texts = args().filter(({ type }) => leaves(type).some(isIntrinsic("string")));
    expect(texts.length).toBeGreaterThan(40);
    expect(breaching(texts, (each) => examples(summary(each)).length > 0 || /Any text/.test(summary(each)))).toEqual(
      [],
    );
  });

  it("that is one of several words has each of them", () => {
    const words = args().filter(({ type }) => literals(type).length > 0);
    expect(words.length).toBeGreaterThan(5);
    expect(
      breaching(words, (each) => literals(each.type).every((word) => examples(summary(each)).includes(word))),
    ).toEqual([]);
  });
});

it("what may be missing in what a program reads says so", () => {
  const read = (project.getReflectionsByKind(ReflectionKind.Interface) as DeclarationReflection[])
    .filter((each) => !given(project).has(each))
    .flatMap(propertiesOf)
    .filter(({ flags }) => flags.isOptional);
  expect(read.length).toBeGreaterThan(5);
  // The base of what programs fill in is not read.
  expect(breaching(read, (each) => /Absent: /.test(summary(each)) || tag(each, "@defaultValue"))).toEqual([]);
});

it("every class that is made and every function says what it refuses", () => {
  const classes = project
    .getReflectionsByKind(ReflectionKind.Constructor)
    .map(({ parent }) => parent as DeclarationReflection);
  const functions = project.getReflectionsByKind(ReflectionKind.Function) as DeclarationReflection[];
  expect(classes.length).toBeGreaterThanOrEqual(9);
  expect(breaching(classes, (each) => (tag(each, "@throws") ?? "") !== "")).toEqual([]);
  expect(breaching(functions, ({ signatures = [] }) => signatures.every((each) => tag(each, "@throws")))).toEqual([]);
  const lists = Object.values(ARGS).map(({ class: name }) => tag(named(name)!, "@throws"));
  for (const list of lists) expect(list).toMatch(/^A preview and `up` refuse:\n(- .*`.*)/);
});

/** The interfaces of the SDK, each with what the provider's schema of it has by name. */
const pairs = () =>
  withSchemas([
    ...Object.entries(ARGS).map(([name, { schema }]) => [named(name)!, schema] as const),
    [named("HostArgs")!, hostAddress],
  ]);

const COMMON = ["host", "adopt"];
const own = (of: DeclarationReflection) =>
  propertiesOf(of).filter(({ name }) => !(`${of.name}` in ARGS && COMMON.includes(name)));

/** The arguments with their schemas for which `isTrue` doesn't hold. */
const untrue = (isTrue: (argument: DeclarationReflection, schema: z.core.$ZodType) => boolean) =>
  pairs().flatMap(([type, shape]) => breaching(own(type), (each) => isTrue(each, shape[each.name]!)));

describe("what a docstring says is what the provider does", () => {
  it("the SDK and the provider know the same arguments", () => {
    expect(
      pairs()
        .map(([{ name }]) => name)
        .sort(),
    ).toEqual(
      [
        ...["BridgeArgs", "BulkService", "ConnectionArgs", "EndpointArgs", "HostArgs", "JumpHostArgs", "MacvlanArgs"],
        ...[
          "NatChainArgs",
          "NatRule",
          "NetNamespaceArgs",
          "ServiceEndpoint",
          "ServicePort",
          "ServiceVipArgs",
          "VethPairArgs",
        ],
        ...["VethPeerArgs", "VethRoute"],
      ].sort(),
    );
    for (const [type, shape] of pairs())
      expect(
        own(type)
          .map(({ name }) => name)
          .sort(),
        type.name,
      ).toEqual(Object.keys(shape).sort());
  });

  it("each argument is an output too", () => {
    for (const [name, { class: of, schema }] of Object.entries(ARGS)) {
      const outputs = propertiesOf(named(of)!).map((each) => each.name);
      const { shape } = inner(schema) as z.ZodObject;
      expect(outputs, name).toEqual(expect.arrayContaining(Object.keys(shape)));
    }
  });

  it("which argument may be left out", () => {
    expect(untrue(({ flags }, schema) => flags.isOptional === z.safeParse(schema, undefined).success)).toEqual([]);
  });

  it("what an argument is when it is left out", () => {
    const said = (argument: DeclarationReflection) => tag(argument, "@defaultValue") ?? "";
    const isEmpty = (value: unknown) => typeof value === "object" && Object.keys(value as object).length === 0;
    expect(
      untrue((argument, schema) => {
        const { data } = z.safeParse(schema, undefined);
        if (data === undefined) return true;
        return isEmpty(data) ? /^None\b/.test(said(argument)) : said(argument) === `\`${JSON.stringify(data)}\``;
      }),
    ).toEqual([]);
  });

  it("from where to where a number goes", () => {
    let ranges = 0;
    const isTrue = (argument: DeclarationReflection, schema: z.core.$ZodType) => {
      const range = leaves(argument.type).every(isIntrinsic("number"))
        ? /(?<!\d)(-?\d+) to (\d+)/.exec(summary(argument))
        : null;
      if (!range) return true;
      ranges++;
      const [low, high] = range.slice(1).map(Number) as [number, number];
      return takes(schema, low) && takes(schema, high) && !takes(schema, low - 1) && !takes(schema, high + 1);
    };
    expect(untrue(isTrue)).toEqual([]);
    expect(ranges).toBeGreaterThan(12);
  });

  it("how long a name may be", () => {
    let names = 0;
    const isTrue = (argument: DeclarationReflection, schema: z.core.$ZodType) => {
      const most = Number(/1 to (\d+) (lower-case )?letters/.exec(summary(argument))?.[1]);
      if (Number.isNaN(most)) return true;
      names++;
      return takes(schema, "a".repeat(most)) && !takes(schema, "a".repeat(most + 1)) && !takes(schema, "");
    };
    expect(untrue(isTrue)).toEqual([]);
    expect(names).toBeGreaterThan(4);
  });

  it("examples are taken", () => {
    expect(untrue((argument, schema) => examples(summary(argument)).every((each) => takes(schema, each)))).toEqual([]);
  });

  it("words are those that are taken, and no others", () => {
    const isTrue = ({ type }: DeclarationReflection, schema: z.core.$ZodType) => {
      const list = inner(schema);
      if (literals(type).length === 0 || !(list instanceof z.ZodEnum)) return literals(type).length === 0;
      return String([...list.options].sort()) === String(literals(type).sort());
    };
    expect(untrue(isTrue)).toEqual([]);
  });
});
