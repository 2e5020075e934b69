import type { Background } from "../sandbox/command.js";
import { must, table, tick } from "./screen.js";
import { request, startServer, type Tally, total } from "./traffic.js";

/** What the article's program makes, as far as a client sees it. */
const PORT = 8080;
const VIP = "10.100.100.100";
const PODS = [
  { netns: "netns_dustin", name: "dustin", address: "10.0.0.11" },
  { netns: "netns_leah", name: "leah", address: "10.0.0.21" },
];
const CLIENTS = [{ place: "host" }, ...PODS.map(({ netns }) => ({ place: netns, netns }))];

/** Requests from each client to each pod, and to the VIP: 3 × 80 to the VIP in all. */
const TO_POD = 10;
const TO_VIP = 80;

interface Row {
  place: string;
  netns?: string;
  pods: Tally[];
  vip: Tally;
}

/** Starts the article's HTTP servers, one in each namespace. */
export const startServers = (): Promise<Background[]> =>
  Promise.all(PODS.map((pod) => startServer({ ...pod, port: PORT })));

/** Every request of the article, each client to each pod and to the VIP. */
async function ask(toPod: number, toVip: number, timeoutMs: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { place, ...from } of CLIENTS) {
    const tally = (address: string, count: number) =>
      request({ ...from, url: `http://${address}:${PORT}/`, count, timeoutMs });
    const pods = await Promise.all(PODS.map(({ address }) => tally(address, toPod)));
    rows.push({ place, ...from, pods, vip: await tally(VIP, toVip) });
  }
  return rows;
}

function show(rows: readonly Row[]): void {
  const cell = ({ answers, failures }: Tally) =>
    [...Object.entries(answers).sort(), ...Object.entries(failures)].map(([what, n]) => `${what} ${n}×`).join("  ");
  const head = ["from \\ to", ...PODS.map(({ address }) => `${address}:${PORT}`), `VIP ${VIP}:${PORT}`];
  table(
    head,
    rows.map(({ place, pods, vip }) => [place, ...pods.map(cell), cell(vip)]),
  );
}

/**
 * Makes every request and prints which pod answered how often. Throws unless all is as the article
 * says.
 */
export async function showThatAllAnswer(): Promise<void> {
  const rows = await ask(TO_POD, TO_VIP, 3000);
  show(rows);
  for (const { place, netns, pods, vip } of rows) {
    for (const [index, tally] of pods.entries()) {
      const { name, address } = PODS[index]!;
      must(tally.answers[name] === TO_POD, `${place} asked ${address} ${TO_POD} times: ${JSON.stringify(tally)}`);
    }
    must(total(vip.answers) === TO_VIP, `${place} asked the VIP ${TO_VIP} times: ${JSON.stringify(vip)}`);
    for (const { name } of PODS) {
      // A fair choice is further off than a quarter once in 200,000 runs.
      const share = (vip.answers[name] ?? 0) / TO_VIP;
      must(
        share > 0.25,
        `${name} answered only ${vip.answers[name] ?? 0} of ${TO_VIP} requests from ${place} to the VIP`,
      );
    }
    const self = PODS.find((pod) => pod.netns === netns);
    if (self) tick(`${self.name} reached itself through the VIP ${vip.answers[self.name]} times`);
  }
  const all = rows.reduce((sum, { vip }) => sum + total(vip.answers), 0);
  tick(`${all} requests to the VIP, all answered, by both endpoints in turn`);
}

/** Makes a few requests and prints the results. Throws unless some are no longer answered. */
export async function showThatRequestsFail(): Promise<void> {
  const rows = await ask(1, 4, 1000);
  show(rows);
  for (const { place, pods, vip } of rows) {
    must(total(vip.answers) === 0, `the VIP still answered ${place}: ${JSON.stringify(vip)}`);
    must(total(pods[1]!.answers) === 0, `${PODS[1]!.address} still answered ${place}`);
  }
  tick("the VIP answers nobody, and nobody reaches leah");
}
