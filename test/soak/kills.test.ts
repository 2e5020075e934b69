import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { withSystemFolders } from "../../system/path.js";
import { ARTICLE_RULES, rules } from "../program/chains.js";
import { KillShims, type Victim } from "../program/kill-shims.js";
import { providerProcesses } from "../program/providers.js";
import { SEED } from "../support/chance.js";
import { embedded, engines } from "../support/engines.js";
import { type HostState, hostState, requireSandbox } from "../support/host.js";
import { type Operation, Project } from "../support/project.js";

/** More commands than any of these operations has. */
const ENOUGH = 60;

const WALKS: { of: string; victims: Victim[] }[] = [
  // Of these each command that changes something has one, which follows from the seed.
  { of: "the provider or a tool", victims: ["provider", "tool before its work", "tool after its work"] },
  // The provider of a killed engine finishes its group, so here the steps are groups.
  { of: "the engine", victims: ["engine"] },
];

const OPERATIONS: { operation: Operation; variant: string; what: string; made: string[] }[] = [
  { operation: "up", variant: "article", what: "an up", made: ARTICLE_RULES },
  {
    operation: "up",
    variant: "changed",
    what: "updates",
    made: ARTICLE_RULES.map((rule) => rule.replace("/24 -j MASQ", "/16 -j MASQ").replace("8080", "8081")),
  },
  {
    operation: "up",
    variant: "renamed",
    what: "replacements",
    made: ARTICLE_RULES.map((rule) => rule.replace("SVC-HTTP", "SVC-WEB").replace("SEP-HTTP2", "SEP-HTTP3")),
  },
  { operation: "destroy", variant: "renamed", what: "a destroy", made: [] },
];

describe.each(engines)("kill -9 on $name", ({ engine, env, missing }) => {
  let project: Project;
  let shims: KillShims;
  let pristine: HostState;

  beforeAll(async () => {
    requireSandbox();
    if (missing !== undefined) return;
    pristine = await hostState();
    shims = new KillShims();
    const path = env.PATH ?? withSystemFolders(process.env.PATH);
    project = await Project.open({
      folder: join(import.meta.dirname, "../program/fixtures/kills"),
      engine,
      env: { ...env, ...shims.env(path) },
    });
  });

  afterAll(() => {
    project?.close();
    shims?.close();
  });

  describe.each(WALKS)("of $of", ({ victims }) => {
    it.for(OPERATIONS)(`at each step of $what: one more run completes it (SEED=${SEED})`, async (asked, { skip }) => {
      if (missing !== undefined) skip(missing);
      const { operation, variant, made } = asked;
      project.env.VARIANT = variant;
      shims.forget();
      const turns = victims.map((_, at) => victims[(SEED + at) % victims.length]!);
      let before = -1;
      for (let runs = 0; before < shims.log().length; runs++) {
        expect(runs).toBeLessThan(ENOUGH);
        before = shims.log().length;
        shims.arm(turns);
        const { exitCode, text } = await project.run(operation, "--skip-preview");
        // An engine reads the state in the run that follows; here a program does.
        project.resources();
        const undisturbed = before === shims.log().length;
        if (undisturbed && exitCode !== 0) throw new Error(`${shims.log().join("\n")}\nand after that:\n${text}`);
        // The embedded engine sees for itself that the lock's holder is dead.
        if (victims.includes("engine") && !undisturbed && engine !== embedded.engine) await project.cancel();
      }
      expect(shims.log().length).toBeGreaterThan(1);
      shims.arm([]);
      // A provider that has lost its engine has ended too.
      await expect.poll(providerProcesses, { timeout: stretched(30_000) }).toEqual([]);
      expect((await rules()).sort()).toEqual([...made].sort());
      if (operation === "up") await project.must("preview", "--expect-no-changes");
      else {
        expect(await hostState()).toEqual(pristine);
        expect(project.resources()).toEqual([]);
      }
    });
  });
});
