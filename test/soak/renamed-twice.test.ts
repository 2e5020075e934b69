import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withAny } from "../program/any.js";
import { ALL, marked, NAMES } from "../program/renaming.js";
import { engines } from "../support/engines.js";
import { leavesNothing } from "../support/host.js";

describe.each(engines)("on $name", ({ missing, ...on }) => {
  it("renamed by hand in an exported state, and destroyed before any up, it is gone", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        ALL,
        async (project) => {
          await project.must("up");
          const [dev, prod] = [project.stack, `${project.stack}-prod`];
          const file = `${project.backend}/exported.json`;
          await project.command("stack", "export", "--stack", dev, "--file", file);
          const state = readFileSync(file, "utf8").replaceAll(`urn:pulumi:${dev}::`, `urn:pulumi:${prod}::`);
          writeFileSync(file, state.replaceAll(`any-${dev}`, `any-${prod}`));
          await project.command("stack", "init", prod);
          await project.command("stack", "import", "--stack", prod, "--file", file);
          project.stack = prod;
          expect(await project.must("refresh")).not.toMatch(/deleted/);
          expect(await project.must("destroy")).not.toContain("not removed");
        },
        on,
      ),
    );
  });

  it("made anew before the first up of the renamed one, a stack says what it takes over, and gives it back to that one", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        ALL,
        async (project) => {
          const [dev, prod] = [project.stack, `${project.stack}-prod`];
          await project.must("up");
          await project.command("stack", "rename", prod, "--stack", dev);
          await project.command("stack", "init", dev);
          for (const operation of ["preview", "up"] as const) {
            const [, diagnostics = ""] = (await project.must(operation)).split("Diagnostics:");
            for (const name of NAMES)
              expect(diagnostics.split(`bears this resource's mark (any/${dev}/${name})`)).toHaveLength(2);
          }
          project.stack = prod;
          expect(await project.must("up")).toContain(`owner: found any/${dev}/home, declared any/${prod}/home`);
          const renamed = await marked();
          expect(renamed.stacks).toEqual([prod]);
          project.stack = dev;
          expect(await project.must("destroy")).toContain(`not removed, for it belongs to any/${prod}/home`);
          expect(await marked()).toEqual(renamed);
          project.stack = prod;
          await project.must("destroy");
        },
        on,
      ),
    );
  });
});
