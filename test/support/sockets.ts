import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Background, inBackground, startCommand } from "../../sandbox/command.js";
import { output, requireSandbox } from "./host.js";
import type { Tally } from "./traffic.js";

const SCRIPT = join(import.meta.dirname, "sockets.mjs");
const argvIn = (netns: string | undefined, ...args: string[]) => [
  ...(netns ? ["ip", "netns", "exec", netns] : []),
  process.execPath,
  SCRIPT,
  ...args,
];

export type SocketProtocol = "tcp" | "udp";

/** A server that answers with its name and the client's address; both families. */
export async function serveOn(
  netns: string | undefined,
  name: string,
  protocol: SocketProtocol,
  port: number,
): Promise<Background> {
  requireSandbox();
  const started = startCommand(argvIn(netns, "serve", name, protocol, String(port)), {});
  await started.outputHolds("listening");
  return inBackground(started);
}

/**
 * So many connections or datagrams, each from a port of its own. Counts the servers that answered,
 * the clients that they saw, and failures.
 */
export async function askFrom(
  netns: string | undefined,
  protocol: SocketProtocol,
  address: string,
  port: number,
  count = 1,
): Promise<Tally> {
  return JSON.parse(await output(argvIn(netns, "ask", protocol, address, String(port), String(count)))) as Tally;
}

/** One connection, or one source port of UDP, that lives as long as the test wants. */
export interface Flow {
  /** Who answers now: a server's name, "no answer", or an error's code. */
  ask(): Promise<string>;
  close(): Promise<void>;
}

export function flowFrom(
  netns: string | undefined,
  protocol: SocketProtocol,
  address: string,
  port: number,
  from?: number,
): Flow {
  requireSandbox();
  const args = [protocol, address, String(port), ...(from === undefined ? [] : [String(from)])];
  const [file, ...rest] = argvIn(netns, "flow", ...args);
  const child = spawn(file!, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    async ask() {
      child.stdin.write("\n");
      const { value } = await lines.next();
      return value === "no answer" ? value : String(value).split(" ")[0]!;
    },
    close() {
      child.stdin.end();
      return ended;
    },
  };
}
