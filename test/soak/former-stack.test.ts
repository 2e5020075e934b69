import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { buildOf, lacksHistory } from "../support/former.js";
import { leavesNothing, output } from "../support/host.js";
import { Project } from "../support/project.js";
import { flowFrom, serveOn } from "../support/sockets.js";
import { steadyState } from "../support/steady.js";
import { declared, KINDS, type Kind, network } from "./everything.js";

/**
 * A stack that an earlier commit made is one that this code goes on with: nothing to do, no rule
 * differs, no connection breaks.
 */
const COMMITS = {
  "50fc218": "before the marks of today",
  c485e8d: "before services were planned in one way",
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-former-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project whose `pulumi-hostnet` is the package in a folder, until `use` says another. */
async function openWith(place: string): Promise<Project & AsyncDisposable & { use(place: string): void }> {
  const modules = join(place, "node_modules");
  mkdirSync(modules, { recursive: true });
  writeFileSync(join(place, "Pulumi.yaml"), "name: former\nruntime: nodejs\nmain: index.mjs\n");
  writeFileSync(join(place, "index.mjs"), PROGRAM);
  symlinkSync(join(repositoryRoot, "node_modules/@pulumi"), join(modules, "@pulumi"));
  const link = join(modules, "pulumi-hostnet");
  const use = (built: string) => {
    rmSync(link, { force: true });
    symlinkSync(built, link);
  };
  use(repositoryRoot);
  // Where the command is, today and before the engine was a workspace.
  const [now, before] = [join(link, "dist/hostnet.js"), join(link, "dist/engine/cli/main.js")];
  const engine = ["sh", "-c", 'now=$1 before=$2; shift 2; [ -e "$now" ] || now=$before; exec node "$now" "$@"'];
  engine.push("sh", now, before);
  const project = await Project.open({ folder: place, engine });
  const close = async () => {
    await project.run("destroy");
    project.close();
  };
  return Object.assign(project, { use, [Symbol.asyncDispose]: close });
}

const PROGRAM = `import * as hostnet from "pulumi-hostnet";
let dependsOn = [];
for (const stage of JSON.parse(process.env.PROGRAM_STAGES))
  dependsOn = stage.map(([kind, name, args]) => new hostnet[kind](name, args, { dependsOn }));
`;

/** What is wrong by hand: a link, an address, a route, and rules or elements of each service. */
async function spoil(kind: Kind): Promise<void> {
  const { family, backend, id } = kind;
  const ip = family === "ip6" ? "-6" : "-4";
  await output(["ip", "link", "set", `br_${id}`, "mtu", "1300"]);
  await output(["ip", "-n", `${id}_p3`, ip, "addr", "del", network(kind).cidr(13), "dev", "eth0"]);
  await output(["ip", ip, "route", "del", network(kind).vipRange]);
  if (backend === "iptables") {
    const tool = family === "ip6" ? "ip6tables" : "iptables";
    const chains = await output([`${tool}-save`, "-t", "nat"]);
    for (const [, chain] of chains.matchAll(new RegExp(`^:(${id.toUpperCase()}-SVC-\\S+)`, "gm")))
      await output([tool, "-w", "-t", "nat", "-F", chain!]);
    return;
  }
  const listed = await output(["nft", "-s", "list", "table", family, `hostnet-${id.toUpperCase()}-SVCS`]);
  const maps = [...listed.matchAll(/^\tmap (\S+) \{/gm)].map(([, name]) => name!);
  expect(maps.length).toBeGreaterThan(1);
  await output(["nft", "-f", "-"], {
    input: maps.map((map) => `flush map ${family} hostnet-${id.toUpperCase()}-SVCS ${map}\n`).join(""),
  });
}

type State = Record<string, string[]>;

const without = (state: State, what: RegExp): State =>
  Object.fromEntries(Object.entries(state).map(([place, lines]) => [place, lines.filter((line) => !what.test(line))]));

/** The state of a host without the clients that `sessionAffinity` remembers on nftables. */
const unremembering = async (): Promise<State> => without(await steadyState(), / timeout \w+ : /);

/** Without marks, which a change rewrites: in comments, and on nftables in pieces of 128 bytes. */
const unmarked = (state: State): unknown =>
  JSON.parse(JSON.stringify(without(state, /:800\d comment "/)).replaceAll(/hostnet:[^"\\ ;]*/g, "mark"));

/** Connections of the clients of all kinds, which live through all that `body` does. */
async function withConnections(body: (stillThere: (when: string) => Promise<void>) => Promise<void>): Promise<void> {
  const pods = KINDS.flatMap(({ id }) => [
    { netns: `${id}_p1`, name: "p1" },
    { netns: `${id}_p2`, name: "p2" },
  ]);
  const servers = await Promise.all(
    pods.flatMap(({ netns, name }) => [serveOn(netns, name, "tcp", 8080), serveOn(netns, name, "udp", 53)]),
  );
  const flows = KINDS.flatMap((kind) => {
    const from = (protocol: "tcp" | "udp", n: number, port: number) =>
      flowFrom(`${kind.id}_c`, protocol, network(kind).vip(n), port);
    return [...[1, 2, 3, 4].map((n) => from("tcp", n, 80)), from("udp", 3, 53)];
  });
  const answers = () => Promise.all(flows.map((flow) => flow.ask()));
  try {
    const first = await answers();
    for (const each of first) expect(each).toMatch(/^p[12]$/);
    await body(async (when) => expect(await answers(), when).toEqual(first));
  } finally {
    await Promise.all(flows.map((flow) => flow.close()));
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The service without endpoints has got one. */
async function expectAnswer(kind: Kind): Promise<void> {
  const asked = flowFrom(`${kind.id}_c`, "tcp", network(kind).vip(5), 80);
  expect(await asked.ask(), kind.id).toBe("p1");
  await asked.close();
}

describe.each(Object.entries(COMMITS))("a stack made by %s, %s", (commit) => {
  it("is gone on with: no change, no broken connection, then healed, changed and destroyed", async ({ skip }) => {
    const lack = await lacksHistory();
    if (lack !== undefined) return skip(lack);
    const former = await buildOf(commit, folder);
    await leavesNothing(async () => {
      await using project = await openWith(join(folder, `project-${commit}`));
      const declare = (version: number) => {
        const all = KINDS.map((kind) => declared(kind, version));
        project.env.PROGRAM_STAGES = JSON.stringify(all[0]!.map((_, n) => all.flatMap((each) => each[n]!)));
      };
      project.use(former);
      declare(1);
      await project.must("up");
      const made = await unremembering();
      await withConnections(async (stillThere) => {
        project.use(repositoryRoot);
        await project.must("preview", "--expect-no-changes");
        await project.must("up", "--expect-no-changes");
        expect(await unremembering()).toEqual(made);
        await stillThere("after an up of today's code");

        for (const kind of KINDS) await spoil(kind);
        await stillThere("while it is spoiled");
        expect((await project.run("preview", "--expect-no-changes")).exitCode).not.toBe(0);
        await project.must("up");
        expect(unmarked(await unremembering())).toEqual(unmarked(made));
        await project.must("preview", "--expect-no-changes");
        await stillThere("after healing");

        declare(2);
        await project.must("up");
        await project.must("preview", "--expect-no-changes");
        await stillThere("after a change");
        for (const kind of KINDS) await expectAnswer(kind);
      });
      await project.must("destroy");
    });
  }, 600_000);
});
