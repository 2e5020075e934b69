/**
 * `npm test` and `npm run test:all`: style, types and the tests of a tier. Flags of vitest and
 * names of files may follow. `--tier=rest` runs what only test:all has.
 */
import { type Outcome, summarize } from "./outcome.js";
import { endWith, meetRequirements, RequirementError, takeInstallFlag } from "./requirements.js";
import { check, runProjects } from "./vitest.js";

/** Projects of vitest.config.ts. All that the product promises, each once. */
const DEFAULT = ["unit", "engine", "contract", "kernel", "program", "examples"];
/** The same tests at whole size, the comparison with the Pulumi CLI, and installed packages. */
const REST = ["soak", "conformance", "package"];
/** Those that need no throw-away host, in whole or in part. */
const ANYWHERE = ["unit", "engine", "contract", "conformance"];

const TIERS = { default: DEFAULT, rest: REST, all: [...DEFAULT, ...REST] };

await endWith(async () => {
  const { install, rest } = takeInstallFlag(process.argv.slice(2));
  const { tier, args } = takeTier(rest);
  const hostMissing = await whyNoHost(install);
  const outcomes: Outcome[] = [];
  if (tier !== "rest") outcomes.push(await check("biome", ["check", "."]), await check("tsc", ["-b", "--noEmit"]));
  const projects = TIERS[tier].filter((project) => hostMissing === undefined || ANYWHERE.includes(project));
  outcomes.push(await runProjects(projects, args));
  const left = TIERS[tier].filter((project) => !projects.includes(project));
  if (hostMissing !== undefined)
    outcomes.push({ passed: 0, failed: 0, skipped: [{ test: left.join(", "), reason: hostMissing }], files: [] });

  const { lines, status } = summarize(outcomes, { requireKernel: process.env.REQUIRE_KERNEL === "1" });
  console.log(lines.join("\n"));
  return status;
});

/** `--tier=…` among the arguments, and the others. */
function takeTier(given: readonly string[]): { tier: keyof typeof TIERS; args: string[] } {
  const asked = given.find((arg) => arg.startsWith("--tier="));
  const tier = asked?.slice("--tier=".length) ?? "default";
  if (!(tier in TIERS)) throw new RequirementError(`--tier takes ${Object.keys(TIERS).join(", ")}, not "${tier}"`);
  return { tier: tier as keyof typeof TIERS, args: given.filter((arg) => arg !== asked) };
}

async function whyNoHost(install: boolean): Promise<string | undefined> {
  try {
    await meetRequirements({ install });
    return undefined;
  } catch (error) {
    if (error instanceof RequirementError) return error.message;
    throw error;
  }
}
