import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiled } from "../../sandbox/root.js";

const BODY = `
const home = new hostnet.Bridge("home", { name: "bridge_home", addresses: ["10.0.0.1/24"] });
const netns = new hostnet.NetNamespace("pod", { name: "pod" });
new hostnet.VethPair("pod", { name: "veth_pod", bridge: home, peer: { name: "eth0", namespace: netns, addresses: ["10.0.0.2/24"] } });
`;

/**
 * A small program in each language: its file, its text, and what else Pulumi.yaml and the folder
 * have.
 */
const LANGUAGES = {
  CommonJS: {
    main: "index.js",
    text: `const hostnet = require("pulumi-hostnet");${BODY}exports.mac = home.macAddress;\n`,
  },
  ESM: {
    main: "index.mjs",
    text: `import * as hostnet from "pulumi-hostnet";${BODY}export const mac = home.macAddress;\n`,
  },
  // Types are checked by Pulumi's own ts-node before the program runs.
  TypeScript: {
    main: "index.ts",
    text: `import * as hostnet from "pulumi-hostnet";${BODY}export const mac: import("@pulumi/pulumi").Output<string> = home.macAddress;\n`,
  },
} as const;

export type Language = keyof typeof LANGUAGES;
export const languages = Object.keys(LANGUAGES) as Language[];

/** Writes the small program into a folder below an install, where it finds what was installed. */
export function writeProgram(install: string, language: Language): string {
  const { main, text } = LANGUAGES[language];
  const folder = projectFolder(install, language.toLowerCase(), main);
  writeFileSync(join(folder, main), text);
  if (main.endsWith(".ts")) writeCompilerOptions(folder, { module: "commonjs", moduleResolution: "node" });
  return folder;
}

/** Writes it as two ES modules in TypeScript, which need a ts-node of their own. */
export function writeModules(install: string): string {
  const folder = projectFolder(install, "modules", "index.ts");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeCompilerOptions(folder, { module: "nodenext", moduleResolution: "nodenext" });
  writeFileSync(
    join(folder, "home.ts"),
    `${LANGUAGES.TypeScript.text}export const later: Promise<string> = (async () => "pod")();\n`,
  );
  writeFileSync(
    join(folder, "index.ts"),
    `import { later, mac } from "./home.js";\nexport const pod = await later;\nexport { mac };\n`,
  );
  return folder;
}

function writeCompilerOptions(folder: string, modules: Record<string, string>): void {
  const compilerOptions = { target: "es2020", strict: true, ...modules };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
}

/** The article's program below an install, with more behind it. */
export function writeArticle(install: string, name = "article", more = ""): string {
  const folder = projectFolder(install, name, "index.mjs");
  const text = readFileSync(compiled("examples/article/index.js"), "utf8");
  writeFileSync(join(folder, "index.mjs"), `${text}${more}`);
  return folder;
}

/** A program below an install that throws. Node 20 prints a whole stack in colours for a minute. */
export function writeThrowing(install: string): string {
  const folder = projectFolder(install, "throwing", "index.js");
  writeFileSync(join(folder, "index.js"), 'throw Object.assign(new Error("mine"), { stack: "Error: mine" });\n');
  return folder;
}

function projectFolder(install: string, name: string, main: string): string {
  const folder = join(install, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "Pulumi.yaml"), `name: ${name}\nmain: ${main}\nruntime: nodejs\n`);
  return folder;
}

/**
 * Tests a small topology with `pulumi-hostnet/testing`, and prints what it found. It has types, and
 * also runs as it stands in JavaScript.
 */
const TESTING = `import * as hostnet from "pulumi-hostnet";
import { destroy, up } from "pulumi-hostnet/testing";
const net = await up(() => {${BODY}return { mac: home.macAddress };
});
const link = net.kernel.links.bridge_home;
const gone = await destroy(net);
console.log(JSON.stringify({
  same: link !== undefined && link.address === net.outputs.mac,
  pod: net.kernel.namespaces.pod?.links.eth0?.addr_info[0]?.local,
  left: Object.keys(gone.kernel.links),
}));
await net.close();
`;

/** CommonJS awaits in functions alone. */
const inFunction = (text: string) => text.replace(/^const net/m, "(async () => {\n$&").concat("})();\n");

/** Writes it below an install, as TypeScript to be checked, and to be run. */
export function writeTesting(install: string): { folder: string; script: string } {
  const folder = join(install, "testing");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.mts"), TESTING);
  writeFileSync(join(folder, "commonjs.ts"), inFunction(TESTING));
  writeFileSync(join(folder, "run.mjs"), TESTING);
  const compilerOptions = { target: "es2022", module: "nodenext", strict: true, noEmit: true, skipLibCheck: false };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  return { folder, script: join(folder, "run.mjs") };
}
