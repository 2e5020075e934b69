import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Machine } from "../../bench/machine.js";
import { sectionIn, sectionOf, withSection } from "../../bench/report.js";
import { asMarkdown, asText, type Table } from "../../bench/table.js";
import { repositoryRoot } from "../../sandbox/root.js";

const DOCUMENT = `# Benchmarks

Prose before.

<!-- bench:up:begin -->
old
<!-- bench:up:end -->

Prose between.

<!-- bench:ssh:begin -->
<!-- bench:ssh:end -->

Prose after.
`;

describe("a section of docs/benchmarks.md", () => {
  it("gets the new text, and all around it stays", () => {
    const written = withSection(DOCUMENT, "bench:up", "new $1 $&\n");
    expect(written).toBe(DOCUMENT.replace("old\n", () => "new $1 $&\n"));
    expect(withSection(written, "bench:up", "old\n")).toBe(DOCUMENT);
  });

  it("may be empty before, and is read back as it was written", () => {
    const written = withSection(DOCUMENT, "bench:ssh", "a\nb\n");
    expect(sectionIn(written, "bench:ssh")).toBe("a\nb\n");
    expect(sectionIn(written, "bench:up")).toBe("old\n");
  });

  it.each([
    ["of another name", DOCUMENT],
    ["without an end", DOCUMENT.replace("<!-- bench:ssh:end -->", "").replaceAll("ssh", "memory")],
    ["whose end comes first", "<!-- bench:memory:end -->\n<!-- bench:memory:begin -->\n"],
  ])("%s is missed by name", (_, document) => {
    expect(() => withSection(document, "bench:memory", "x")).toThrow(
      'section "bench:memory" is missing: put a line <!-- bench:memory:begin -->',
    );
  });
});

it("each bench that writes a section has one in docs/benchmarks.md, and so has the test loop", () => {
  const folder = join(repositoryRoot, "bench");
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const written = sources.flatMap((name) => [
    ...readFileSync(join(folder, name), "utf8").matchAll(/writeReport\("(\w+)"/g),
  ]);
  expect(written.map(([, name]) => name).sort()).toEqual(["engine", "peers", "services", "ssh", "up"]);
  const document = readFileSync(join(repositoryRoot, "docs/benchmarks.md"), "utf8");
  for (const [, name] of written) expect(sectionIn(document, `bench:${name}`)).toMatch(/^\| .* \|$/m);
  expect(() => sectionIn(document, "loop")).not.toThrow();
});

const MACHINE: Machine = {
  cpu: "AMD EPYC",
  cores: 2,
  kernel: "6.18.44",
  node: "v20.20.2",
  tools: { iproute2: "6.1.0", nftables: "1.0.6" },
  load: 0.349,
  date: "2026-11-26",
};
const TABLE: Table = {
  head: ["operation", "pods", "ours (s)", "ratio"],
  rows: [
    ["up", "1", "2.06", "0.78 ×"],
    ["up again", "100", "", ""],
  ],
};

it("a report names the machine, its tools, the day, the load and the run before its tables", () => {
  expect(sectionOf({ machine: MACHINE, run: "medians of 3 rounds", tables: [TABLE, TABLE] })).toBe(
    [
      "- Machine: AMD EPYC, 2 cores, Linux 6.18.44, Node v20.20.2.",
      "- Tools: iproute2 6.1.0, nftables 1.0.6.",
      "- Run: 2026-11-26, load 0.3 at the start; medians of 3 rounds.",
      "",
      asMarkdown(TABLE),
      "",
      asMarkdown(TABLE),
      "",
    ].join("\n"),
  );
});

it("a table is the same one in Markdown and at the terminal", () => {
  expect(asMarkdown(TABLE).split("\n")).toEqual([
    "| operation | pods | ours (s) | ratio |",
    "| --- | ---: | ---: | ---: |",
    "| up | 1 | 2.06 | 0.78 × |",
    "| up again | 100 | – | – |",
  ]);
  const words = (text: string) => text.split(/\s{2,}|\n/).filter((word) => !/^-*$/.test(word));
  expect(words(asText(TABLE))).toEqual([...TABLE.head, ...TABLE.rows.flat().filter(Boolean)]);
});
