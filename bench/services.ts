/**
 * `npm run bench:services`: what services with two endpoints each cost the kernel, in our two
 * shapes and in kube-proxy's two. Measures all from nothing, one more, and the first packet of a
 * flow through the last service. Only the tools' time is counted, not the time of planning. Then
 * it measures what such a NatChain costs the processes of a run. Everything happens in throw-away
 * hosts.
 */
import { writeFile } from "node:fs/promises";
import { createSandbox, type Sandbox } from "../sandbox/host.js";
import { endWith, meetRequirements } from "../sandbox/requirements.js";
import { compiled } from "../sandbox/root.js";
import { type BulkFigures, bulkTable, measureBulk } from "./bulk.js";
import { firstPackets, type Percentiles } from "./first-packet.js";
import { median, seconds } from "./interleave.js";
import { describeMachine, thisMachine } from "./machine.js";
import { benchOptions } from "./options.js";
import { flatMaps, ownChains } from "./own-shapes.js";
import { writeReport } from "./report.js";
import { iptablesChains, nftChains, POD, PORT, type Shape, vipOf } from "./service-shapes.js";
import { asRatio, asText, type Table } from "./table.js";

interface Figures {
  shape: string;
  services: number;
  /** Seconds. */
  all: number;
  /** Median milliseconds for one more service, and for the same tool with nothing to do. */
  oneMore: number;
  nothing: number;
  /** Microseconds until the last service answers a flow's first packet, and without services. */
  service: Percentiles;
  none: Percentiles;
}

const ONE_MORE_TIMES = 21;
const LOAD_TIMEOUT_MS = 600_000;

const USAGE =
  "npm run bench:services -- [--sizes 100,1000] [--shapes iptables] [--bulk 1000] [--engine pulumi|embedded] [--json FILE] [--write]";

await endWith(async () => {
  const values = benchOptions(USAGE, {
    sizes: { type: "string", default: "100,1000,3000,10000" },
    shapes: { type: "string", default: "flat maps,nft chains,our iptables,iptables" },
    bulk: { type: "string", default: "1000,10000" },
    engine: { type: "string", default: "embedded" },
  });
  if (!values) return 0;
  await meetRequirements({ install: true });
  const machine = thisMachine();
  console.log(`${describeMachine(machine)}\n`);
  const figures: Figures[] = [];
  for (const services of values.sizes.split(",").map(Number))
    for (const shape of [flatMaps(), nftChains, ownChains(), iptablesChains].filter(({ name }) =>
      values.shapes.split(",").includes(name),
    ))
      figures.push(await measure(shape, services));
  const result = tableOf(figures);
  console.log(asText(result));
  const bulk: BulkFigures[] = [];
  for (const services of values.bulk.split(",").map(Number)) bulk.push(...(await measureBulk(services, values.engine)));
  const processes = bulkTable(bulk);
  console.log(`\n${asText(processes)}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, figures, bulk }, null, 2)}\n`);
  const run = `all services once, one more ${ONE_MORE_TIMES} times (medians)`;
  if (values.write) writeReport("services", { machine, run, tables: [result, processes] });
  return 0;
});

async function measure(shape: Shape, services: number): Promise<Figures> {
  await using sandbox = await createSandbox();
  await using without = await createSandbox();
  for (const each of [sandbox, without]) await makePod(each);
  const script = shape.all(services);
  const load = async (input: string) => {
    const { exitCode, stderr } = await sandbox.run(shape.command, { input, timeoutMs: LOAD_TIMEOUT_MS });
    if (exitCode !== 0)
      throw new Error(`${shape.name}: ${shape.command[0]} ended with ${exitCode}: ${stderr.slice(0, 500)}`);
  };
  const all = await seconds(() => load(script));
  const [service, none] = await firstPackets([
    { sandbox, address: vipOf(services) },
    { sandbox: without, address: POD[0] },
  ]);
  const more: number[] = [];
  const nothing: number[] = [];
  for (let at = 1; at <= ONE_MORE_TIMES; at++) {
    const one = shape.oneMore(services + at);
    more.push(1000 * (await seconds(() => load(one))));
    nothing.push(1000 * (await seconds(() => load(""))));
  }
  process.stderr.write(`${shape.name} ${services}: ${all.toFixed(2)} s, one more ${median(more).toFixed(1)} ms\n`);
  const [oneMore, idle] = [median(more), median(nothing)];
  return { shape: shape.name, services, all, oneMore, nothing: idle, service: service!, none: none! };
}

async function makePod(sandbox: Sandbox): Promise<void> {
  const script = `
    sysctl -qw net.ipv4.ip_forward=1
    ip netns add pod && ip link add v type veth peer name eth0 netns pod
    ip addr add 10.0.0.1/24 dev v && ip link set v up && ip -n pod link set lo up
    ${POD.map((address) => `ip -n pod addr add ${address}/24 dev eth0`).join("\n")}
    ip -n pod link set eth0 up && ip -n pod route add default via 10.0.0.1
    ip route add 10.96.0.0/12 dev lo`;
  const { exitCode, stderr } = await sandbox.run(["sh", "-ec", script]);
  if (exitCode !== 0) throw new Error(stderr);
  // It ends with its host.
  await sandbox.start(
    ["ip", "netns", "exec", "pod", process.execPath, compiled("demo/server.js"), "pod", String(PORT), "udp"],
    { ready: "listening" },
  );
}

function tableOf(figures: Figures[]): Table {
  const rows = figures.map(({ shape, services, all, oneMore, nothing, service, none }) => [
    shape,
    String(services),
    all.toFixed(2),
    oneMore.toFixed(1),
    nothing.toFixed(1),
    ...(["p50", "p99"] as const).flatMap((each) => [
      service[each].toFixed(0),
      none[each].toFixed(0),
      asRatio(service[each] / none[each]),
    ]),
  ]);
  const first = ["p50 (µs)", "none", "ratio", "p99 (µs)", "none", "ratio"];
  return { head: ["shape", "services", "all (s)", "one more (ms)", "nothing (ms)", ...first], rows };
}
