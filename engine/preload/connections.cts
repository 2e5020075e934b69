/**
 * A provider with a broken connection ends after its last call: nobody can hear the answers.
 */
import http2 = require("node:http2");

let asked = 0;
let broken = false;
const endIfBroken = () => {
  if (broken && asked === 0) process.exit(1);
};

/** A call has come. The returned function says that it is answered. */
export function begin(): () => void {
  asked++;
  return () => {
    asked--;
    setImmediate(endIfBroken);
  };
}

/** Watches the connections of the first server from now on. */
export function watchConnections(): void {
  const { createServer } = http2;
  const watched = (...args: never[]): http2.Http2Server => {
    http2.createServer = createServer;
    return createServer(...args).on("session", watch);
  };
  http2.createServer = watched as typeof createServer;
}

function watch(session: http2.ServerHttp2Session): void {
  // Who only looks whether anybody listens asks for nothing.
  let used = false;
  session.once("stream", () => {
    used = true;
  });
  const breaks = () => {
    broken ||= used;
    // The answers that are under way get out before.
    setImmediate(endIfBroken);
  };
  session.on("goaway", (code) => code !== 0 && breaks());
  session.on("error", breaks);
  session.on("close", () => asked > 0 && breaks());
}
