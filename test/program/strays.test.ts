import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import type { Project } from "../support/project.js";
import { saved } from "../support/saved-rules.js";
import { inTier } from "../support/size.js";
import { askFrom, serveOn } from "../support/sockets.js";
import { redeclare, type Wanted, withAny } from "./any.js";

const VIP = "10.72.0.1";

function pod(n: number): Wanted[] {
  const peer = { name: "eth0", namespace: `st_${n}`, addresses: [`10.71.0.1${n}/24`], gateway: "10.71.0.1" };
  return [
    ["NetNamespace", `ns${n}`, { name: `st_${n}` }],
    ["VethPair", `veth${n}`, { name: `st_v${n}`, bridge: "st_br", peer }, { dependsOn: ["bridge", `ns${n}`] }],
  ];
}
const network: Wanted[] = [
  ["Bridge", "bridge", { name: "st_br", addresses: ["10.71.0.1/24"], forward: true }],
  ...pod(1),
  ...pod(2),
];
const service = (name: string, address = VIP): Wanted => [
  "ServiceVip",
  name,
  { chain: "ST", name: name.toUpperCase(), address, ports: [{ port: 80 }] },
  { dependsOn: ["chain"] },
];
const endpoint = (of: string, n: number, name = `e${n}`, aliases: string[] = []): Wanted => [
  "Endpoint",
  name,
  { service: `ST/${of.toUpperCase()}`, name: `${of === "web" ? "E" : "B"}${n}`, address: `10.71.0.1${n}` },
  { dependsOn: [of, `veth${n}`], aliases },
];

const answering = async (address = VIP) =>
  Object.keys((await askFrom(undefined, "tcp", address, 80, 40)).answers).sort();

const BACKENDS = ["iptables", "nftables"];
/** One of them, and in `soak` the other. */
const some = (which: number) => inTier(BACKENDS, (_, at) => at === which);

const base = (backend: string): Wanted[] => [
  ...network,
  ["NatChain", "chain", { name: "ST", backend }],
  service("web"),
];
const both = (backend: string) => [...base(backend), endpoint("web", 1), endpoint("web", 2)];

/** A stack that is up; when the body has ended it is destroyed, and nothing may be left. */
const inStack = (resources: Wanted[], body: (project: Project) => Promise<void>) =>
  leavesNothing(() =>
    withAny(resources, async (project) => {
      await project.must("up");
      const servers = await Promise.all([1, 2].map((n) => serveOn(`st_${n}`, `p${n}`, "tcp", 80)));
      try {
        await body(project);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
      await project.must("destroy");
    }),
  );

/** The state without a resource, as after a way back to an older one. */
async function forget(project: Project, name: string): Promise<void> {
  const { deployment, ...rest } = JSON.parse(await project.command("stack", "export", "--stack", project.stack)) as {
    deployment: { resources: { urn: string }[] };
  };
  const resources = deployment.resources.filter(({ urn }) => !urn.endsWith(`::${name}`));
  const file = `${project.backend}/exported.json`;
  writeFileSync(file, JSON.stringify({ ...rest, deployment: { ...deployment, resources } }));
  await project.command("stack", "import", "--stack", project.stack, "--file", file);
}

it.each(some(1))("%s: an endpoint that comes back is named by preview and refresh, and taken out by up", (backend) =>
  inStack(both(backend), async (project) => {
    const restore = await saved("ST", backend);
    redeclare(project, [...base(backend), endpoint("web", 1)]);
    await project.must("up");
    expect(await answering()).toEqual(["p1"]);
    await restore();
    const named = "ServiceVip WEB: endpoints: found E2 of any/t/e2, in no state";
    expect(await project.must("preview")).toContain(named);
    expect((await project.run("preview", "--expect-no-changes")).exitCode).not.toBe(0);
    expect(await project.must("refresh")).toContain(named);
    expect(await answering()).toEqual(["p1", "p2"]);
    const up = await project.must("up", "--refresh");
    expect(up).toContain(named);
    expect(up).toMatch(/ 1 message$/m);
    expect(up).toContain("1 updated");
    expect(await answering()).toEqual(["p1"]);
    await project.must("preview", "--expect-no-changes");
    await restore();
    expect(await answering()).toEqual(["p1", "p2"]);
  }),
);

it.each(some(0))("%s: a service that comes back is named by its chain, and taken out by up", (backend) =>
  inStack([...both(backend), service("back", "10.72.0.2"), endpoint("back", 2, "b2")], async (project) => {
    const restore = await saved("ST", backend);
    redeclare(project, both(backend));
    await project.must("up");
    await restore();
    expect(await project.must("preview")).toContain("NatChain ST: services: found BACK of any/t/back, in no state");
    expect(await project.must("up")).toContain("1 updated");
    expect(await answering("10.72.0.2")).toEqual([]);
    await project.must("preview", "--expect-no-changes");
    await restore();
  }),
);

it.each(some(1))(
  "%s: what the program declares is never taken out, whatever the state has lost, nor amid targets",
  (backend) =>
    inStack([...base(backend), endpoint("web", 2)], async (project) => {
      await forget(project, "e2");
      const urn = project.resources().find(({ urn }) => urn.endsWith("::web"))!.urn;
      for (const flags of [["--target", urn], []]) {
        const meanwhile = askFrom(undefined, "tcp", VIP, 80, 2_000);
        await project.must("up", ...flags);
        expect(await answering()).toEqual(["p2"]);
        expect((await meanwhile).failures).toEqual({});
      }
      await project.must("preview", "--expect-no-changes");
    }),
);

it.each(some(0))("%s: under new names of resource and stack all stays", (backend) =>
  inStack(both(backend), async (project) => {
    redeclare(project, [...base(backend), endpoint("web", 1), endpoint("web", 2, "other", ["e2"])]);
    for (const name of ["t", "renamed"]) {
      if (name !== project.stack) {
        await project.command("stack", "rename", name, "--stack", project.stack);
        project.stack = name;
      }
      expect(await project.must("preview")).not.toContain("in no state");
      expect(await project.must("up")).not.toContain("in no state");
      expect(await answering()).toEqual(["p1", "p2"]);
      await project.must("preview", "--expect-no-changes");
    }
  }),
);

it.each(some(1))("%s: another stack's endpoint stays, and a limited run takes out what is nobody's", (backend) =>
  inStack(both(backend), async (project) => {
    const restore = await saved("ST", backend);
    redeclare(project, [...base(backend), endpoint("web", 1)]);
    await project.must("up");
    await restore();
    project.stack = "theirs";
    await project.command("stack", "init", "theirs");
    const theirs = { service: "ST/WEB", name: "T2", address: "10.71.0.12", weight: 2 };
    redeclare(project, [["Endpoint", "t2", theirs]]);
    await project.must("up");

    project.stack = "t";
    redeclare(project, [...base(backend), endpoint("web", 1)]);
    const urn = project.resources().find(({ urn }) => urn.endsWith("::web"))!.urn;
    const said = await project.must("up", "--target", urn);
    expect(said).toContain("endpoints: found E2 of any/t/e2, in no state");
    expect(said).not.toContain("theirs");
    expect(await answering()).toEqual(["p1", "p2"]);
    await project.must("preview", "--expect-no-changes");
    project.stack = "theirs";
    await project.must("destroy");
    project.stack = "t";
    expect(await answering()).toEqual(["p1"]);
  }),
);
