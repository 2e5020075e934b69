/**
 * The last step of `npm run build` makes one file of each of these, with the libraries they use.
 *
 * The provider: a provider process loads one file in a quarter of the time of its 250 files, at
 * each operation of each program.
 *
 * The tests' throw-away hosts, with the library that starts their processes: a user who only runs
 * programs needs none of it.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { compiled } from "../sandbox/root.js";

/** The folder of the library that a module is of. */
const LIBRARY = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

await bundle("provider", "provider/index.js");
// The engine is there already, and its libraries are this package's dependencies.
await bundle("testing/bundle", "testing/index.js", /\/dist\/engine\//);

async function bundle(name: string, input: string, external?: RegExp): Promise<void> {
  const built = await rolldown({ input: compiled(input), platform: "node", ...(external ? { external } : {}) });
  const { output } = await built.generate({ format: "esm" });
  const [code, ...others] = output;
  if (others.length > 0) throw new Error(`${name} is more than one file: ${others.map(({ fileName }) => fileName)}`);
  const libraries = new Set(code.moduleIds.flatMap((module) => LIBRARY.exec(module)?.[0] ?? []));
  replace(compiled(`${name}.js`), code.code);
  replace(compiled(`${name}.LICENSES.txt`), [...libraries].sort().map(notice).join("\n\n"));
}

/** What a library's licence asks of those who hand its code on. */
function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license: string;
  };
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} has no file with its licence (${license})`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

/** A program that is running keeps the file that it has. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
