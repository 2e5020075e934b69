/**
 * Real traffic for tests: servers in namespaces, bounded clients. They run from dist/: build first.
 */
import { request, startServer, type Tally } from "../../demo/traffic.js";

export { request, startServer, type Tally, total } from "../../demo/traffic.js";

/** A server of a test: where it runs, what it answers with, and on which port. */
export interface ServerSpec {
  netns?: string;
  name: string;
  port: number;
  protocol?: "http" | "udp";
}

/** Starts servers, runs `body`, and stops them whatever comes of it. */
export async function withServers<T>(specs: readonly ServerSpec[], body: () => Promise<T>): Promise<T> {
  const servers = await Promise.all(specs.map(startServer));
  try {
    return await body();
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Datagrams there and back, each from a source port of its own. A second answer is a failure. */
export const echo = (asked: {
  netns?: string;
  address: string;
  port: number;
  count?: number;
  timeoutMs?: number;
}): Promise<Tally> => request({ ...asked, url: `udp://${asked.address}:${asked.port}` });
