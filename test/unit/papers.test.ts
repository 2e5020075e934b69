import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import * as sdk from "../../sdk/index.js";
import { brokenLinks, fencedCode, linesOf, namesInTable, papers, read, width } from "../support/papers.js";

const README = read("README.md");
/** Written by a program, from docstrings. */
const isGenerated = (file: string) => file.startsWith("docs/api/");

describe("the README", () => {
  it("has at most 120 lines of at most 120 columns", () => {
    const lines = linesOf(README);
    expect(lines.length).toBeLessThanOrEqual(120);
    expect(lines.filter(({ text }) => width(text) > 120)).toEqual([]);
  });

  it("says in its first screen what it is and how to see it work", () => {
    const screen = linesOf(README)
      .slice(0, 40)
      .map(({ text }) => text)
      .join("\n");
    for (const said of ["A Pulumi program declares", "npm ci && npm run demo", "npm ci && npm test"])
      expect(screen).toContain(said);
  });

  it("shows the program of examples/article", () => {
    expect(fencedCode(README, "ts")).toBe(read("examples/article/index.ts"));
  });

  it("has each class of the SDK in its table of resources, and no other", () => {
    const classes = Object.entries(sdk).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    expect(namesInTable(README, "| resource | what it is |\n| --- | --- |").sort()).toEqual(classes.sort());
  });
});

it("docs/testing.md shows a test that the tests run", () => {
  expect(fencedCode(read("docs/testing.md"), "ts")).toBe(read("examples/tested/first.test.ts"));
});

it.each(papers().filter((file) => !isGenerated(file)))("%s: prose has at most 100 columns, code 120", (file) => {
  const most = { prose: file === "README.md" ? 120 : 100, code: 120, table: Infinity, generated: Infinity };
  expect(linesOf(read(file)).filter(({ text, kind }) => width(text) > most[kind])).toEqual([]);
});

it.each(papers())("%s: each link leads to a file and a heading that are there", (file) => {
  expect(brokenLinks(file)).toEqual([]);
});

it.each(["docs/services.md", "docs/guarantees.md"])("%s: each test that it names is there", (file) => {
  const files = readdirSync(join(repositoryRoot, "test"), { recursive: true, encoding: "utf8" });
  const rows = linesOf(read(file)).filter(({ text, kind }) => kind === "table" && /`[a-z][a-z0-9-]*` \|$/.test(text));
  const named = rows.flatMap(({ text }) => {
    const cell = text.split("|").at(-2) ?? "";
    return [...cell.matchAll(/`([a-z][a-z0-9-]*)`/g)].map(([, name]) => name!);
  });
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !files.some((each) => each.endsWith(`/${name}.test.ts`)))).toEqual([]);
});

it("docs/README.md leads to each page and each example", () => {
  const index = read("docs/README.md");
  const pages = readdirSync(join(repositoryRoot, "docs")).filter((name) => /^(?!README).*\.md$/.test(name));
  const examples = readdirSync(join(repositoryRoot, "examples")).filter((name) =>
    existsSync(join(repositoryRoot, "examples", name, "Pulumi.yaml")),
  );
  const missing = [...pages, ...examples.map((name) => `../examples/${name}`)].filter(
    (target) => !index.includes(`](${target})`),
  );
  expect(missing).toEqual([]);
});
