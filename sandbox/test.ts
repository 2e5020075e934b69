/** `npm test`: style, types and every test project, those that touch the kernel in a throw-away host. */

import { type Outcome, summarize } from "./outcome.js";
import { endWith, meetRequirements, RequirementError, takeInstallFlag } from "./requirements.js";
import { check, runProjects } from "./vitest.js";

/** Projects that need no host of their own. */
const ANYWHERE = ["unit", "engine"];
/** Half of it is a battery on a fake; the other half, on the kernel, skips itself outside a sandbox. */
const EITHER = ["contract"];
/** Projects whose code under test works on the network of "this machine". */
const ON_A_HOST = ["kernel", "program"];
/** The hosts that they need they make themselves; what installs from a registry must run outside. */
const WITH_HOSTS = ["package", "examples"];

await endWith(async () => {
  const { install, rest } = takeInstallFlag(process.argv.slice(2));
  const outcomes: Outcome[] = [];
  const hostMissing = await whyNoHost(install);

  outcomes.push(await check("biome", ["check", "."]), await check("tsc", ["--noEmit"]));
  if (hostMissing === undefined) {
    outcomes.push(await runProjects([...ANYWHERE, ...WITH_HOSTS], rest, { inSandbox: false }));
    outcomes.push(await runProjects([...EITHER, ...ON_A_HOST], rest, { inSandbox: true }));
  } else {
    outcomes.push(await runProjects([...ANYWHERE, ...EITHER], rest, { inSandbox: false }));
    outcomes.push({
      passed: 0,
      failed: 0,
      skipped: [{ test: [...ON_A_HOST, ...WITH_HOSTS].join(", "), reason: hostMissing }],
    });
  }

  const { lines, status } = summarize(outcomes, { requireKernel: process.env.REQUIRE_KERNEL === "1" });
  console.log(lines.join("\n"));
  return status;
});

async function whyNoHost(install: boolean): Promise<string | undefined> {
  try {
    await meetRequirements({ install });
    return undefined;
  } catch (error) {
    if (error instanceof RequirementError) return error.message;
    throw error;
  }
}
