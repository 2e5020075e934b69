import { describe, expect, it } from "vitest";
import { engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import { redeclare, withAny } from "./any.js";
import { ALL, marked, NAMES, withoutPreview } from "./renaming.js";

describe.each(engines)("on $name", ({ missing, ...on }) => {
  it("a resource of another name that looks like it in a mark is refused, with the hint of the alias", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        [["NetNamespace", "web:1", { name: "ns_alike" }]],
        async (project) => {
          await project.must("up");
          redeclare(project, [["NetNamespace", "web 1", { name: "ns_alike" }]]);
          const { exitCode, text } = await withoutPreview(project, "up");
          expect(exitCode).not.toBe(0);
          expect(text).toContain("aliases: [{ name: … }]");
          expect(await output(["ip", "netns", "list"])).toContain("ns_alike");
          await project.must("destroy");
        },
        on,
      ),
    );
  });

  it("a stack that gets another name keeps what it has: preview says so, up writes it, and none of the old name gets it", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        ALL,
        async (project) => {
          const [dev, prod] = [project.stack, `${project.stack}-prod`];
          await project.must("up");
          const before = await marked();
          expect(before.stacks).toEqual([dev]);
          expect(await project.command("stack", "rename", prod, "--stack", dev)).toContain(`Renamed ${dev} to ${prod}`);
          project.stack = prod;

          const preview = await project.must("preview");
          for (const name of NAMES)
            expect(preview).toContain(`owner: found any/${dev}/${name}, declared any/${prod}/${name}`);
          expect(preview).not.toMatch(/another stack|taken over/);
          expect(await marked()).toEqual(before);
          expect(await project.must("up")).toContain(`${ALL.length} updated`);
          const renamed = await marked();
          expect(renamed.stacks).toEqual([prod]);
          await project.must("preview", "--expect-no-changes");

          project.stack = dev;
          await project.command("stack", "init", dev);
          // A run ends with the first that is refused.
          for (const [at, name] of NAMES.entries()) {
            redeclare(project, [ALL[at]!]);
            const { exitCode, text } = await withoutPreview(project, "up");
            expect(exitCode).not.toBe(0);
            expect(text).toContain(`belongs to any/${prod}/${name}, another stack`);
            expect(await marked()).toEqual(renamed);
          }
          redeclare(project, ALL);
          await project.must("destroy");
          expect(await marked()).toEqual(renamed);

          project.stack = prod;
          await project.must("preview", "--expect-no-changes");
          await project.must("destroy");
        },
        on,
      ),
    );
  });
});
