import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withSystemFolders } from "../../system/path.js";
import { makeNetwork, makePod, makeService, serve, VIP } from "../kernel/article.js";
import { probabilities } from "../kernel/probabilities.js";
import { Stack } from "../kernel/stack.js";
import { embedded, engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import { Project } from "../support/project.js";
import { runs } from "../support/size.js";
import { request, type Tally, total } from "../support/traffic.js";
import { redeclare, type Wanted } from "./any.js";
import { KillShims } from "./kill-shims.js";

const COUNT = runs(500, 60);
const TRANSACTIONS = 20;
/** The most connections that a client makes while the endpoints come. These need the CPUs too. */
const CONNECTIONS = 5000;
const AT_ONCE = 20;
const PAUSE_MS = 100;

/** All addresses of this network are local to the pod, so each endpoint answers at once. */
const ANY = "10.1.0.0/16";

const endpoints = (count: number): Wanted[] =>
  Array.from({ length: count }, (_, at) => [
    "Endpoint",
    `e${at}`,
    { service: "DUSTIN-SERVICES/HTTP", name: `E${at}`, address: `10.1.${at >> 8}.${at & 255}` },
  ]);

describe.each(engines)("on $name", ({ engine, env, missing }) => {
  it(`${COUNT} endpoints that come at once are at most ${TRANSACTIONS} transactions, and no connection fails`, async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(async () => {
      const network = new Stack();
      await makeNetwork(network);
      await makePod(network, "p", "10.0.0.11");
      await makeService(network);
      await output(["ip", "route", "add", ANY, "via", "10.0.0.11"]);
      await output(["ip", "-n", "netns_p", "route", "add", "local", ANY, "dev", "lo"]);
      const server = await serve("p");
      const shims = new KillShims();
      const path = env.PATH ?? withSystemFolders(process.env.PATH);
      const project = await Project.open({
        folder: join(import.meta.dirname, "fixtures/any"),
        engine,
        env: { ...env, ...shims.env(path) },
      });
      try {
        await up(project, 2);
        const before = transactions(shims);
        const clients = [keepAsking(), keepAsking("netns_p")];
        await up(project, 2 + COUNT);
        const tallies = await Promise.all(clients.map((client) => client.stop()));
        expect(transactions(shims) - before).toBeLessThanOrEqual(TRANSACTIONS);
        for (const { answers, failures } of tallies) {
          expect(failures).toEqual({});
          expect(total(answers)).toBeGreaterThan(50);
        }
        expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual(
          Array.from({ length: 2 + COUNT }, (_, at) => 2 + COUNT - at),
        );
        await project.must("destroy", ...flags);
      } finally {
        project.close();
        shims.close();
        await server.stop();
        await output(["ip", "route", "del", ANY]);
      }
      await network.destroy();
    });
  });

  // By default the CLI works on 4 resources a CPU at once, and the embedded engine on many more.
  const flags = engine === embedded.engine ? [] : ["--parallel", "128"];

  async function up(project: Project, count: number): Promise<void> {
    redeclare(project, endpoints(count));
    await project.must("up", ...flags);
  }
});

const transactions = (shims: KillShims) => shims.changes().filter((line) => line.startsWith("iptables-restore")).length;

/** One connection after the other to the virtual IP until it is told to stop. */
function keepAsking(netns?: string): { stop(): Promise<Tally> } {
  let stopped = false;
  const sum: Tally = { answers: {}, clients: {}, failures: {} };
  const work = (async () => {
    for (let made = 0; made < CONNECTIONS && !stopped; made += AT_ONCE) {
      await sleep(PAUSE_MS);
      const tally = await request({ netns, url: `http://${VIP}:8080/`, count: AT_ONCE, timeoutMs: 3000 });
      for (const key of ["answers", "failures"] as const)
        for (const [what, count] of Object.entries(tally[key])) sum[key][what] = (sum[key][what] ?? 0) + count;
    }
    return sum;
  })();
  return {
    stop: () => {
      stopped = true;
      return work;
    },
  };
}
