import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { breaches, text } from "../support/imports.js";

const manifest = JSON.parse(text("engine/package.json")) as {
  private: boolean;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
};

it("the engine takes nothing from outside of its folder but its packages: it runs any program", () => {
  expect(breaches("engine", (name) => /^(engine\/|node:)/.test(name) || name in manifest.dependencies)).toEqual([]);
});

it("others reach the engine by its faces alone, which its manifest exports", () => {
  const faces = Object.values(manifest.exports).map((file) => join("engine", file.replace(/ts$/, "js")));
  const others = ["bin", "build", "system", "sdk", "provider", "sandbox", "testing", "demo", "bench", "examples"];
  const inside = (name: string) => name.startsWith("engine/") && !faces.includes(name);
  expect(others.flatMap((folder) => breaches(folder, (name) => !inside(name)))).toEqual([]);
});

it("the engine is no package that is published", () => expect(manifest.private).toBe(true));

it("the engine doesn't know who ships it: no file of it has this product's name", () => {
  const all = readdirSync(join(repositoryRoot, "engine"), { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((each) => each.isFile() && !each.parentPath.includes("node_modules"))
    .map((each) => relative(repositoryRoot, join(each.parentPath, each.name)));
  expect(all.filter((file) => /hostnet/i.test(text(file)))).toEqual([]);
});
