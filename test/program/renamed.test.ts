import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import type { Project } from "../support/project.js";
import { steadyState } from "../support/steady.js";
import { redeclare, type Wanted, withAny } from "./any.js";

const service = { name: "S", address: "10.7.0.1", ports: [{ port: 80 }] };
const listed = [{ name: "E", address: "10.7.1.9" }];

/** One of each kind, with all that marks are written into. */
const ALL: Wanted[] = [
  ["Bridge", "home", { name: "br_renamed", addresses: ["10.7.1.1/24"], forward: true, masquerade: ["10.7.1.0/24"] }],
  ["NetNamespace", "pod:1", { name: "ns_renamed", nameservers: ["10.7.1.53"] }],
  ["VethPair", "cable", { name: "veth_renamed", peer: { name: "veth_peer", addresses: ["10.7.2.2/24"] } }],
  ["NatChain", "chain", { name: "R-SERVICES", services: [{ ...service, endpoints: listed }] }],
  [
    "NatChain",
    "nft",
    { name: "R-NFT", backend: "nftables", services: [{ ...service, address: "10.7.0.2", endpoints: listed }] },
  ],
];
const NAMES = ["home", "pod_1", "cable", "chain", "nft"];

/** All that the kernel holds, and the names of the stacks that are written there. */
async function marked(): Promise<{ state: string; stacks: string[] }> {
  const state = JSON.stringify(await steadyState());
  return { state, stacks: [...new Set([...state.matchAll(/any\/(t(?:-prod)?)\//g)].map(([, stack]) => stack!))] };
}

const withoutPreview = (project: Project, operation: "up" | "destroy") => project.run(operation, "--skip-preview");

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
          const { exitCode, text } = await withoutPreview(project, "up");
          expect(exitCode).not.toBe(0);
          expect(text).toContain(`belongs to any/${prod}/home, another stack`);
          expect(await marked()).toEqual(renamed);
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
