/**
 * `npm run demo`: the article from `up` to `destroy` on a throw-away host, with real requests.
 * Anything that isn't as the article says is printed and ends it with status 1.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { insideSandbox, runScriptInSandbox } from "../sandbox/inside.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { chooseEngine } from "./engine.js";
import { NotAsSaid, paint } from "./screen.js";
import { tellStory } from "./story.js";

const { values } = parseArgs({
  options: { engine: { type: "string" }, "no-install": { type: "boolean" }, inside: { type: "boolean" } },
});

await endWith(async () => {
  if (!values.inside) {
    const engine = chooseEngine(values.engine);
    await meetRequirements({ install: !values["no-install"] });
    console.log(paint("bold", "pulumi-hostnet: two namespaces, a bridge and a virtual IP, from up to destroy"));
    const who = process.getuid?.() === 0 ? "root" : "an ordinary user";
    console.log(`A throw-away host, made by ${who}; the program is run by ${engine.description}.`);
    return runScriptInSandbox(fileURLToPath(import.meta.url), ["--inside", "--engine", engine.kind]);
  }
  if (!insideSandbox()) throw new Error("--inside is for the demo itself");
  try {
    await tellStory(chooseEngine(values.engine));
    return 0;
  } catch (error) {
    if (!(error instanceof NotAsSaid)) throw error;
    console.error(`\n${paint("red", "Not as said:")} ${error.message}`);
    return 1;
  }
});
