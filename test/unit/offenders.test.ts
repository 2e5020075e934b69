import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";

/*
 * Rules that came after the code that breaks them. What breaks one is listed, and the list can only
 * shrink: biome.json turns the rule off for the files that it lists, and wide-comments.json says how
 * many wide comments a file has at most.
 */

/** All code but what is made. */
const sources = () =>
  readdirSync(repositoryRoot, { withFileTypes: true })
    .filter(({ name }) => !/^(\.|node_modules$|dist$)/.test(name))
    .flatMap((each) =>
      each.isDirectory()
        ? readdirSync(join(repositoryRoot, each.name), { recursive: true, encoding: "utf8" }).map((file) =>
            join(each.name, file),
          )
        : each.name,
    )
    .filter((file) => /\.[jt]s$/.test(file) && !file.includes("node_modules/"));

const read = (file: string) => readFileSync(join(repositoryRoot, file), "utf8");

interface Override {
  includes: string[];
  linter: { rules: Record<string, Record<string, "off">> };
}

describe("biome.json turns a rule off for files that break it, and no others", () => {
  const listed = (JSON.parse(read("biome.json")) as { overrides: Override[] }).overrides.map(
    ({ includes, linter: { rules } }) => {
      const [[group, rule] = []] = Object.entries(rules);
      return { rule: `${group}/${Object.keys(rule ?? {})[0]}`, includes };
    },
  );
  let found: { category: string; location: { path: string } }[];

  beforeAll(async () => {
    // With --only a rule is on, whatever the overrides say.
    const only = listed.map(({ rule }) => `--only=${rule}`);
    const words = ["lint", ".", ...only, "--max-diagnostics=none", "--reporter=json"];
    const { stdout } = await execa("biome", words, { cwd: repositoryRoot, preferLocal: true, reject: false });
    found = JSON.parse(stdout).diagnostics;
  });

  it.each(listed)("$rule", ({ rule, includes }) => {
    const breaking = found.filter(({ category }) => category === `lint/${rule}`).map(({ location }) => location.path);
    expect(includes, "list those that break it, in order").toEqual([...new Set(breaking)].sort());
  });
});

describe("a comment has at most 100 columns", () => {
  const most = JSON.parse(read("test/unit/wide-comments.json")) as Record<string, number>;
  const wide: Record<string, number> = {};

  beforeAll(() => {
    for (const file of sources()) {
      const lines = read(file).split("\n");
      const count = lines.filter((line) => /^\s*(\/\/|\/\*|\* )/.test(line) && [...line].length > 100).length;
      if (count > 0) wide[file] = count;
    }
  });

  it("but for as many as a file had", () => {
    expect(Object.entries(wide).filter(([file, count]) => count > (most[file] ?? 0))).toEqual([]);
  });

  it("and a file without a wide comment is not listed any more", () => {
    expect(Object.keys(most).filter((file) => wide[file] === undefined)).toEqual([]);
  });
});
