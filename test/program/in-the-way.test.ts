import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { embedded, engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import { redeclare, type Wanted, withAny } from "./any.js";
import { marked } from "./renaming.js";

/** What somebody has on the host under the name of a resource. */
const ROWS: { what: string; make: string; unmake: string; wanted: Wanted }[] = [
  {
    what: "interface br_way",
    make: "ip link add br_way type bridge",
    unmake: "ip link del br_way",
    wanted: ["Bridge", "home", { name: "br_way" }],
  },
  {
    what: "network namespace ns_way",
    make: "ip netns add ns_way",
    unmake: "ip netns del ns_way",
    wanted: ["NetNamespace", "pod", { name: "ns_way" }],
  },
  {
    what: "chain WAY-SERVICES of table nat",
    make: "iptables -t nat -N WAY-SERVICES",
    unmake: "nft delete table ip nat",
    wanted: ["NatChain", "chain", { name: "WAY-SERVICES" }],
  },
];
const FREE: Wanted = ["NetNamespace", "free", { name: "ns_free" }];

const byHand = async (line: string) => await output(line.split(" "));

const refused = (what: string) => new RegExp(`${what} exists already and was not made by this stack: .*adopt: true`);

describe.each(engines)("on $name", ({ missing, ...on }) => {
  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing);
  });

  const withProject = (first: Wanted[], body: Parameters<typeof withAny>[1]) =>
    leavesNothing(async () => {
      await withAny(first, body, on);
    });

  it.each(ROWS)("$what of somebody is refused in the preview; with adopt it is said and done", async (row) => {
    const { what, make, wanted } = row;
    await withProject([FREE, wanted], async (project) => {
      await byHand(make);
      const before = await marked();
      for (const operation of ["preview", "up"] as const) {
        const { exitCode, text } = await project.run(operation);
        expect(exitCode).not.toBe(0);
        expect(text).toMatch(refused(what));
        expect(text).not.toContain("ns_free exists");
        expect(await marked()).toEqual(before);
      }

      const [kind, name, args] = wanted;
      redeclare(project, [FREE, [kind, name, { ...args, adopt: true }]]);
      const preview = await project.must("preview");
      expect(preview).toContain(`${what} is there already and bears nobody's mark: taken over, as adopt: true says`);
      expect(preview).not.toContain("ns_free is there");
      expect(await marked()).toEqual(before);
      await project.must("up");
      expect(await project.must("preview", "--expect-no-changes")).not.toContain("taken over");
      await project.must("destroy");
    });
  });

  // An empty chain is taken for ours, flushed.
  const filled = ROWS.filter(({ what }) => !what.startsWith("chain"));
  it.each(filled)(
    "$what of somebody in the place of ours is refused in the preview, and left by destroy",
    async (row) => {
      const { what, make, unmake, wanted } = row;
      await withProject([wanted], async (project) => {
        await project.must("up");
        await byHand(unmake);
        await byHand(make);
        const { exitCode, text } = await project.run("preview");
        expect(exitCode).not.toBe(0);
        expect(text).toMatch(refused(what));
        await project.must("destroy");
        await byHand(unmake);
      });
    },
  );

  it("a name that becomes free in the same run is no obstacle", async () => {
    await withProject(
      [["NetNamespace", "first", { name: "ns_way" }, { deleteBeforeReplace: true }]],
      async (project) => {
        await project.must("up");
        redeclare(project, [
          ["NetNamespace", "first", { name: "ns_free" }, { deleteBeforeReplace: true }],
          ["NetNamespace", "second", { name: "ns_way" }, { dependsOn: ["first"] }],
        ]);
        const preview = await project.must("preview");
        expect(preview).toMatch(/refused, unless this run deletes that before: .*aliases: \[\{ name: … \}\]/);
        await project.must("up");
        await project.must("preview", "--expect-no-changes");
        await project.must("destroy");
      },
    );
  });

  it("what this stack has left and has no resource for is refused in the preview", async ({ skip }) => {
    if (on.engine !== embedded.engine) skip("the CLI doesn't tell what is in the state");
    await withProject([["NetNamespace", "lost", { name: "ns_way" }]], async (project) => {
      await project.must("up");
      const state = JSON.parse(await project.command("stack", "export"));
      state.deployment.resources = state.deployment.resources.filter(
        ({ urn }: { urn: string }) => !urn.endsWith("::lost"),
      );
      const file = join(project.folder, "state.json");
      writeFileSync(file, JSON.stringify(state));
      await project.command("stack", "import", "--file", file);
      redeclare(project, [["NetNamespace", "other", { name: "ns_way" }]]);
      const { exitCode, text } = await project.run("preview");
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/network namespace ns_way belongs to any\/t\/lost, another resource of this stack/);
      await byHand("ip netns del ns_way");
    });
  });
});
