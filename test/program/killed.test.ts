import { expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { chooser, SEED } from "../support/chance.js";
import { embedded } from "../support/engines.js";
import { leavesNothing } from "../support/host.js";
import { Project } from "../support/project.js";
import { runs } from "../support/size.js";
import { ARTICLE_RULES, rules } from "./chains.js";

const NAMES = [
  "Bridge home",
  "NetNamespace leah",
  "NatChain services",
  "VethPair dustin",
  "ServiceVip http",
  "Endpoint http1",
];
const MOMENTS = NAMES.flatMap((name) => [`${name} creating`, `${name} created`]);

it.each(chooser(SEED).some(runs(3, 2), MOMENTS))(
  `a run that is killed at \`%s\` loses nothing: the next up converges, and destroy leaves nothing (SEED=${SEED})`,
  (moment) =>
    leavesNothing(async () => {
      const project = await Project.open({ folder: repositoryRoot, engine: embedded.engine });
      try {
        const run = project.start("up");
        await run.outputHolds(moment);
        run.signal("SIGKILL");
        expect((await run.ended).exitCode).toBe(-1);
        project.unlock();
        await project.must("up");
        expect(await rules()).toEqual(ARTICLE_RULES);
        await project.must("destroy");
      } finally {
        project.close();
      }
    }),
);
