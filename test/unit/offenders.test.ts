import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";

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
    .filter((file) => /\.c?[jt]s$/.test(file) && !file.includes("node_modules/"));

const read = (file: string) => readFileSync(join(repositoryRoot, file), "utf8");

interface Override {
  includes: string[];
  linter: { rules: Record<string, Record<string, "off">> };
}

// The rule came after tests that break it. They are listed, and the list can only shrink.
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
    expect(includes.filter((file) => !file.startsWith("test/"))).toEqual([]);
    expect(includes, "list those that break it, in order").toEqual([...new Set(breaking)].sort());
  });
});

it("a comment has at most 100 columns", () => {
  const isWide = (line: string) => /^\s*(\/\/|\/\*|\* )/.test(line) && [...line].length > 100;
  const wide = sources().flatMap((file) =>
    read(file)
      .split("\n")
      .filter(isWide)
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(wide).toEqual([]);
});
