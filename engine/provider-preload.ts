import { preload } from "./preload.js";
import type { Sdk } from "./sdk.js";

/** The metadata of an error that is told in a file beside the socket: the file's name. */
export const IN_FILE = "hostnet-error-file";

/** The metadata of a partial failure: a google.rpc.Status with its details. */
export const PACKED = "grpc-status-details-bin";

/** The longest error that is told in the header of an answer, in bytes. */
const LONGEST = 16_384;

/**
 * The SDK's provider listens on a port of the loopback. There, every user of the machine could have
 * it run code. So its gRPC server, the first in its process, listens on a socket in a folder of
 * mode 0700. The provider makes that folder, and removes it.
 *
 * gRPC sends errors as headers. Node ends a connection when its headers are longer than 64 KiB, and
 * the caller never hears of it (grpc/grpc-node#2399). So a long error is a file beside the socket.
 * The SDK can't answer at all when the thrown value is no object, or its text no Unicode; here it
 * does. A process with a broken connection ends after its last call: nobody can hear the answers.
 */
export const servesOn = ({ grpc }: Sdk, socket: string) =>
  preload(
    "serves-on",
    `
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const http2 = require("node:http2");
const { Metadata, Server, status } = require(${JSON.stringify(grpc)});
const socket = ${JSON.stringify(socket)};
const folder = dirname(socket);
// Never a folder that is there: somebody else could have made it.
mkdirSync(folder, { mode: 0o700 });
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let asked = 0;
let broken = false;
const endIfBroken = () => broken && asked === 0 && process.exit(1);
const { createServer } = http2;
http2.createServer = (...args) => {
  http2.createServer = createServer;
  return createServer(...args).on("session", (session) => {
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
  });
};

const { addService, bindAsync } = Server.prototype;
// Whatever resources start besides is their own affair.
Server.prototype.addService = function (service, implementation) {
  Server.prototype.addService = addService;
  const told = new Proxy(implementation, {
    get(target, name) {
      const method = target[name];
      return typeof method === "function" ? (call, callback) => answer(target, method, call, callback) : method;
    },
  });
  return addService.call(this, service, told);
};
Server.prototype.bindAsync = function (address, ...rest) {
  Server.prototype.bindAsync = bindAsync;
  return bindAsync.call(this, "unix:" + socket, ...rest);
};

// The SDK prints an error that some calls throw, as "name: text: stack", and answers with it: the
// run says it once more. What has a name of its own is no slip in a program, and needs no stack.
const { error: print } = console;
let held;
const letGo = () => {
  const args = held;
  held = undefined;
  if (args) print.apply(console, args);
};
console.error = (...args) => {
  letGo();
  held = args;
  queueMicrotask(letGo);
};
const isPlain = (error) => !(error instanceof Error) || error.name === "Error" || error.name in globalThis;
const isTold = (error) => !isPlain(error) && held?.length === 1 && held[0] === error + ": " + error.stack;

async function answer(target, method, call, callback) {
  if (!callback) return method.call(target, call);
  asked++;
  let answered = false;
  const finish = (failed, error, value) => {
    if (answered) return;
    answered = true;
    if (failed && isTold(error)) held = undefined;
    failed ? callback(statusOf(error)) : callback(null, value);
    asked--;
    setImmediate(endIfBroken);
  };
  try {
    await method.call(target, call, (error, value) => finish(error || value === undefined || value === null, error, value));
  } catch (error) {
    finish(true, error);
  }
}

let files = 0;
function statusOf(error) {
  const isText = (value) => typeof value === "string" && value !== "";
  const said = [Number.isInteger(error?.code) && error.details, error?.message, error, error?.name].find(isText);
  const details = (said ?? "what the provider threw has no text").toWellFormed();
  const metadata = error?.metadata instanceof Metadata ? error.metadata : new Metadata();
  const code = error?.code === status.UNIMPLEMENTED ? status.UNIMPLEMENTED : status.UNKNOWN;
  const packed = metadata.get(${JSON.stringify(PACKED)})[0]?.toString("base64");
  if (encodeURI(details).length + (packed?.length ?? 0) <= ${LONGEST}) return { code, details, metadata };
  const file = "error-" + ++files;
  writeFileSync(join(folder, file), JSON.stringify({ details, packed }), { mode: 0o600 });
  const named = new Metadata();
  named.set(${JSON.stringify(IN_FILE)}, file);
  return { code, details: "the error is in the file " + file, metadata: named };
}
`,
  );
