import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiled } from "../../sandbox/root.js";

const BODY = `
const home = new hostnet.Bridge("home", { name: "bridge_home", addresses: ["10.0.0.1/24"] });
const netns = new hostnet.NetNamespace("pod", { name: "pod" });
new hostnet.VethPair("pod", { name: "veth_pod", bridge: home, peer: { name: "eth0", namespace: netns, addresses: ["10.0.0.2/24"] } });
`;

/** A small program in each way that people write them: file, its text, and what else Pulumi.yaml and the folder say. */
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

/** Writes the small program into a folder of its own below an install, from where it finds what was installed. */
export function writeProgram(install: string, language: Language): string {
  const { main, text } = LANGUAGES[language];
  const folder = projectFolder(install, language.toLowerCase(), main);
  writeFileSync(join(folder, main), text);
  const compilerOptions = { target: "es2020", module: "commonjs", moduleResolution: "node", strict: true };
  if (main.endsWith(".ts")) writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  return folder;
}

/** The article's program below an install. */
export function writeArticle(install: string, name = "article"): string {
  const folder = projectFolder(install, name, "index.mjs");
  copyFileSync(compiled("examples/article/index.js"), join(folder, "index.mjs"));
  return folder;
}

function projectFolder(install: string, name: string, main: string): string {
  const folder = join(install, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "Pulumi.yaml"), `name: ${name}\nmain: ${main}\nruntime: nodejs\n`);
  return folder;
}
