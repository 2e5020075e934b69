import { join } from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { embedded } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import { Project } from "../support/project.js";
import { inSoak } from "../support/size.js";
import { ARTICLE_RULES, rules } from "./chains.js";
import { articleAnswers } from "./traffic.js";

const folder = (example: string) => join(repositoryRoot, "examples", example);

/** Brings an example up, runs `look`, checks that a preview has nothing to do, and destroys it. */
const runExample = (example: string, look: (project: Project) => Promise<void>) =>
  leavesNothing(async () => {
    const project = await Project.open({ folder: folder(example), engine: embedded.engine });
    try {
      await project.must("up");
      await look(project);
      await project.must("up", "--expect-no-changes");
      await project.must("destroy");
    } finally {
      project.close();
    }
  });

// By default the article's own test does.
it.each(inSoak("article"))("examples/%s makes the article", (example) =>
  runExample(example, async () => {
    expect(await rules()).toEqual(ARTICLE_RULES);
    await articleAnswers({});
  }),
);

it("examples/components makes the article's rules and answers its requests", () =>
  runExample("components", async (project) => {
    expect(await rules()).toEqual(ARTICLE_RULES);
    await articleAnswers({ namespace: (name) => name });
    expect(project.resources().filter(({ type }) => type.startsWith("hostnet:index:"))).toHaveLength(4);
  }));

it("examples/host-netns makes it in a namespace, and leaves the machine's links, routes, rules and sysctls alone", () =>
  runExample("host-netns", async () => {
    expect(await rules("router")).toEqual(ARTICLE_RULES);
    expect(await rules()).toEqual([]);
    expect(await output(["ip", "-br", "link"])).toMatch(/^lo [^\n]*\n$/);
    expect(await output(["ip", "route"])).toBe("");
    await articleAnswers({ host: "router" });
  }));
