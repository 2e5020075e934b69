/**
 * Many requests, bounded in concurrency and in time: `node client.js URL COUNT CONCURRENCY
 * TIMEOUT_MS`. URL is http://… or udp://address:port. Each request has a connection (a source port)
 * of its own, so each is balanced anew. Prints one line of JSON: see Tally in traffic.ts.
 */
import { createSocket } from "node:dgram";
import { get } from "node:http";
import type { Tally } from "./traffic.js";

const [target, count, concurrency, timeoutMs] = process.argv.slice(2);
const url = new URL(target!);
const limit = Number(timeoutMs);

/** One HTTP request: the text of the answer. */
const http = () =>
  new Promise<string>((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(limit) }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    request.on("error", reject);
  });

/** One datagram there and back. A second answer within 50 ms is a failure: it must come once. */
const udp = () =>
  new Promise<string>((resolve, reject) => {
    const socket = createSocket("udp4");
    const answers: string[] = [];
    const end = (error?: Error) => {
      clearTimeout(timer);
      socket.close();
      if (error) reject(error);
      else if (answers.length > 1) reject(Object.assign(new Error(), { code: `${answers.length} ANSWERS` }));
      else resolve(answers[0]!.replace(" ping", ""));
    };
    const timer = setTimeout(() => end(Object.assign(new Error(), { code: "TIMEOUT" })), limit);
    socket.on("error", end);
    socket.on("message", (message) => {
      if (answers.push(String(message)) === 1) setTimeout(end, 50);
    });
    socket.connect(Number(url.port), url.hostname, () => socket.send("ping"));
  });

const reason = (error: unknown): string => {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  return name === "AbortError" || name === "TimeoutError"
    ? "TIMEOUT"
    : typeof code === "string"
      ? code
      : String(message);
};

const tally: Tally = { answers: {}, clients: {}, failures: {} };
const one = async () => {
  try {
    const [who = "", client = ""] = (await (url.protocol === "udp:" ? udp() : http())).split("\n");
    tally.answers[who] = (tally.answers[who] ?? 0) + 1;
    tally.clients[client] = (tally.clients[client] ?? 0) + 1;
  } catch (error) {
    tally.failures[reason(error)] = (tally.failures[reason(error)] ?? 0) + 1;
  }
};

let left = Number(count);
const worker = async () => {
  while (left-- > 0) await one();
};
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
console.log(JSON.stringify(tally));
