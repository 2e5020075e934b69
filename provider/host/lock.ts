import { connect, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * One writer a host: read-modify-write of a service's chains has to be exact while several stacks are applied at once. The lock
 * is an abstract unix socket (unix(7)): the kernel gives the name to one process only, takes it back however that process ends,
 * and scopes it to the network namespace, which is just what is protected. Whoever connects is told who holds it.
 */
export async function withHostLock<T>(
  host: string,
  holder: string,
  work: () => Promise<T>,
  waitMs = 60_000,
): Promise<T> {
  const path = `\0pulumi-hostnet/${host}`;
  const deadline = Date.now() + waitMs;
  for (;;) {
    const server = await listen(path, `process ${process.pid} (${holder})`);
    if (server) {
      try {
        return await work();
      } finally {
        await new Promise((done) => server.close(done));
      }
    }
    if (Date.now() > deadline)
      throw new Error(
        `another run is changing ${host}: ${await askHolder(path)} has held the lock for over ${waitMs / 1000} s. Wait for it to end, or stop it, and run again`,
      );
    await sleep(10 + Math.random() * 20);
  }
}

function listen(path: string, holder: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.end(holder);
    });
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ path }, () => resolve(server));
  });
}

function askHolder(path: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path, timeout: 1000 });
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve(text || "a process that does not answer"));
  });
}
