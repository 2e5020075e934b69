import { afterAll, beforeAll, expect, it } from "vitest";
import type { Background } from "../../sandbox/command.js";
import { chooser, SEED } from "../support/chance.js";
import { type HostState, hostState, requireSandbox } from "../support/host.js";
import { runs } from "../support/size.js";
import { type Tally, total } from "../support/traffic.js";
import { ask, makeEndpoint, makeNetwork, makePod, makeService, serve, VIP } from "./article.js";
import { probabilities } from "./probabilities.js";
import { Stack } from "./stack.js";

const NUMBERS = [1, 2, 3, 4, 5, 6];
const pod = (number: number) => ({ name: `p${number}`, address: `10.0.0.${10 + number}` });
const stack = new Stack();
let before: HostState;
let servers: Background[] = [];

beforeAll(async () => {
  requireSandbox();
  before = await hostState();
  await makeNetwork(stack);
  for (const { name, address } of NUMBERS.map(pod)) await makePod(stack, name, address);
  await makeService(stack);
  servers = await Promise.all(NUMBERS.map((number) => serve(pod(number).name)));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await stack.destroy();
  expect(await hostState()).toEqual(before);
});

it(`endpoints come and go, several at once and in any order: each has its exact share, and no connection fails (SEED=${SEED})`, async () => {
  const { subset } = chooser(SEED);
  const live = new Set<number>([1]);
  await makeEndpoint(stack, 1, pod(1).address);
  const clients = [undefined, "p1", "p6"].map((from) => keepAsking(from));
  for (let round = 0; round < runs(8, 4); round++) {
    const wanted = subset(NUMBERS);
    const come = wanted.filter((number) => !live.has(number));
    const go = [...live].filter((number) => !wanted.includes(number));
    // What goes, goes after what comes: a service without endpoints answers nobody.
    await Promise.all(come.map((number) => makeEndpoint(stack, number, pod(number).address)));
    await Promise.all(go.map((number) => stack.remove(`http${number}`)));
    for (const number of come) live.add(number);
    for (const number of go) live.delete(number);

    const left = await probabilities("DUSTIN-SVC-HTTP");
    expect(left).toEqual(wanted.map((_, at) => wanted.length - at));
    const { answers, failures } = await ask({ from: "p2", address: VIP, count: 20 * wanted.length });
    expect({ answered: Object.keys(answers).sort(), failures }).toEqual({
      answered: wanted.map((number) => pod(number).name).sort(),
      failures: {},
    });
  }
  for (const tally of await Promise.all(clients.map((client) => client.stop()))) {
    expect(tally.failures).toEqual({});
    expect(total(tally.answers)).toBeGreaterThan(50);
  }
});

/** One connection after the other to the virtual IP, until it is stopped or has made 20,000. */
function keepAsking(from: string | undefined): { stop(): Promise<Tally> } {
  let stopped = false;
  const sum: Tally = { answers: {}, clients: {}, failures: {} };
  const work = (async () => {
    for (let batch = 0; batch < 200 && !stopped; batch++) {
      const tally = await ask({ from, address: VIP, count: 100 });
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
