/**
 * The last step of `npm run build` makes what is published of each of these, with the libraries it
 * uses.
 *
 * The provider: a provider process loads one file in a quarter of the time of its 250 files, at
 * each operation of each program.
 *
 * The engine, with a file for each of its faces and files that they share. `hostnet` and the tests'
 * throw-away hosts use it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";
import { compiled } from "../sandbox/root.js";

/** The folder of the library that a module is of. */
const LIBRARY = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** The engine's faces. */
const ENGINE = { index: "engine/index.js", main: "engine/cli/main.js" };
/** Beside the engine's other folders: it finds files of its own from here as from its sources. */
const BUNDLED = "engine/bundle";

await bundle("provider", { provider: "provider/index.js" });
await bundle("engine", ENGINE, BUNDLED);
await bundle("hostnet", { hostnet: "bin/hostnet.js" });
await bundle("bundle", { bundle: "testing/index.js" }, "testing");

/** Makes a file of each of `inputs` in a folder, and one of the licences of what they contain. */
async function bundle(name: string, inputs: Record<string, string>, folder = "."): Promise<void> {
  const own = Object.values(inputs);
  const input = Object.fromEntries(Object.entries(inputs).map(([to, from]) => [to, compiled(from)]));
  const built = await rolldown({ input, platform: "node", plugins: [bundledEngine(own, folder)] });
  const { output } = await built.generate({ format: "esm", chunkFileNames: "[name].js" });
  const libraries = new Set<string>();
  for (const each of output) {
    if (each.type !== "chunk") throw new Error(`${name} has a file that is no code: ${each.fileName}`);
    for (const module of each.moduleIds) for (const library of LIBRARY.exec(module) ?? []) libraries.add(library);
    replace(compiled(join(folder, each.fileName)), each.code);
  }
  if (folder === BUNDLED) removeOthers(output.map(({ fileName }) => fileName));
  if (libraries.size > 0)
    replace(compiled(join(folder, `${name}.LICENSES.txt`)), [...libraries].sort().map(notice).join("\n\n"));
}

/** What imports a face of the engine imports the bundled one. */
function bundledEngine(own: string[], folder: string) {
  const faces = new Map(Object.entries(ENGINE).map(([to, from]) => [compiled(from), `${BUNDLED}/${to}.js`]));
  return {
    name: "bundled-engine",
    resolveId(source: string, importer: string | undefined) {
      const face = importer && faces.get(join(dirname(importer), source));
      if (!face || own.includes(ENGINE.index)) return null;
      const path = relative(folder, face);
      return { id: path.startsWith(".") ? path : `./${path}`, external: true };
    },
  };
}

/** What the engine's files were called before is not published. */
function removeOthers(files: string[]): void {
  for (const name of readdirSync(compiled(BUNDLED)))
    if (name.endsWith(".js") && !files.includes(name)) rmSync(compiled(join(BUNDLED, name)));
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
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
