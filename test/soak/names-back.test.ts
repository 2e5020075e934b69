import { describe, expect, it } from "vitest";
import { redeclare, type Wanted, withAny } from "../program/any.js";
import { engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";

const namespace = (name: string): Wanted => ["NetNamespace", "pod", { name }];
/** Nobody made that bridge, so whatever else is done by then, the run fails. */
const HINDERED: Wanted = ["Bridge", "taken", { name: "br_taken" }];

const namespaces = async () => (await output(["ip", "netns", "list"])).match(/^ns_\w+/gm) ?? [];

describe.each(engines)("on $name", ({ missing, ...on }) => {
  it("a name that the program goes back to after an update to another failed is not deleted with the former one", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        [namespace("ns_one")],
        async (project) => {
          await project.must("up");
          await output(["ip", "link", "add", "br_taken", "type", "bridge"]);
          redeclare(project, [namespace("ns_two"), HINDERED]);
          expect(await project.run("up", "--skip-preview")).toMatchObject({
            exitCode: 1,
            text: expect.stringMatching(/br_taken.*adopt: true/s),
          });
          await output(["ip", "link", "del", "br_taken"]);
          expect(await namespaces()).toEqual(expect.arrayContaining(["ns_one", "ns_two"]));
          redeclare(project, [namespace("ns_one")]);
          await project.must("up");
          expect(await namespaces()).toEqual(["ns_one"]);
          await project.must("preview", "--expect-no-changes");
          // By force too: the new one is made while the former is there, and that is deleted last.
          const { urn } = project.resources().find((each) => each.urn.endsWith("::pod"))!;
          expect(await project.must("up", "--replace", urn)).toContain("1 replaced");
          expect(await namespaces()).toEqual(["ns_one"]);
          await project.must("destroy");
          expect(await namespaces()).toEqual([]);
        },
        on,
      ),
    );
  });
});
