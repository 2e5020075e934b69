import { type Background, inBackground, startCommand } from "../sandbox/command.js";
import { compiled } from "../sandbox/root.js";
import { stretched } from "../sandbox/slow.js";
import { withSystemFolders } from "../system/path.js";

/** Who answered how often, as whom the servers saw the clients, and what failed how often. */
export interface Tally {
  answers: Record<string, number>;
  clients: Record<string, number>;
  failures: Record<string, number>;
}

/** Where a command runs: a network namespace of this host, or the host itself. */
export type Place = { netns?: string };

const env = () => ({ PATH: withSystemFolders(process.env.PATH) });
const at = ({ netns }: Place, argv: readonly string[]) => (netns ? ["ip", "netns", "exec", netns, ...argv] : argv);

/** Starts a server that answers with `name`, and waits until it listens. */
export async function startServer(
  place: Place & { name: string; port: number; protocol?: "http" | "udp" },
): Promise<Background> {
  const script = compiled("demo/server.js");
  const argv = [process.execPath, script, place.name, String(place.port), place.protocol ?? "http"];
  const started = startCommand(at(place, argv), { env: env() });
  await started.outputHolds("listening");
  return inBackground(started);
}

/**
 * Makes requests (http://… or udp://…), one connection each, and counts the answers. A failed
 * request is counted and never throws.
 */
export async function request(
  asked: Place & { url: string; count?: number; concurrency?: number; timeoutMs?: number },
): Promise<Tally> {
  const { url, count = 1, concurrency = 8, timeoutMs = 2000 } = asked;
  const each = stretched(timeoutMs);
  const script = compiled("demo/client.js");
  const argv = [process.execPath, script, url, String(count), String(concurrency), String(each)];
  const bound = 10_000 + (Math.ceil(count / concurrency) + 1) * timeoutMs;
  const { stdout, stderr, exitCode } = await startCommand(at(asked, argv), { env: env(), timeoutMs: bound }).ended;
  if (exitCode !== 0) throw new Error(`the client for ${url} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout) as Tally;
}

/** How many requests a tally has answers (or failures) for. */
export const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
