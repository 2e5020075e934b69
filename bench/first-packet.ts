import type { Sandbox } from "../sandbox/host.js";
import { PORT } from "./service-shapes.js";

const TURNS = 6;

/** Each from a source port of its own, one after the other, after 100 that warm up. */
const CLIENT = `
const { createSocket } = require("node:dgram");
const ask = () => new Promise((resolve, reject) => {
  const socket = createSocket("udp4");
  socket.bind(0, () => {
    const timer = setTimeout(() => reject(new Error("no answer")), 2000);
    const start = process.hrtime.bigint();
    socket.on("message", () => {
      const took = Number(process.hrtime.bigint() - start) / 1000;
      clearTimeout(timer);
      socket.close(() => resolve(took));
    });
    socket.send("x", ${PORT}, process.argv[1]);
  });
});
(async () => {
  const times = [];
  for (let at = 0; at < 600; at++) times.push(await ask());
  console.log(JSON.stringify(times.slice(100)));
})();`;

export type Percentiles = Record<"p50" | "p99", number>;

/**
 * Microseconds until the first packet of a flow from each host is answered. The hosts take turns,
 * so other load on the machine slows all of them.
 */
export async function firstPackets(asked: { sandbox: Sandbox; address: string }[]): Promise<Percentiles[]> {
  const times = asked.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn++)
    for (const [at, { sandbox, address }] of asked.entries()) {
      const { exitCode, stdout, stderr } = await sandbox.run([process.execPath, "-e", CLIENT, address]);
      if (exitCode !== 0) throw new Error(`the client for ${address} ended with ${exitCode}: ${stderr}`);
      times[at]!.push(...(JSON.parse(stdout) as number[]));
    }
  return times.map((all) => {
    const sorted = all.sort((a, b) => a - b);
    return { p50: sorted[Math.floor(sorted.length * 0.5)]!, p99: sorted[Math.floor(sorted.length * 0.99)]! };
  });
}
