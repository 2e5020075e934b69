import { preload } from "./preload.js";
import type { Sdk } from "./sdk.js";

/**
 * The SDK's provider listens on a port of the loopback, where each user of the machine could have it run code of his. So its gRPC server, the first in its
 * process, listens on a socket in a folder (mode 0700) that it makes and takes along.
 */
export const servesOn = ({ grpc }: Sdk, socket: string) =>
  preload(
    "serves-on",
    `
const { mkdirSync, rmSync } = require("node:fs");
const { Server } = require(${JSON.stringify(grpc)});
const socket = ${JSON.stringify(socket)};
const folder = require("node:path").dirname(socket);
// Never a folder that is there: somebody else could have made it.
mkdirSync(folder, { mode: 0o700 });
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { bindAsync } = Server.prototype;
Server.prototype.bindAsync = function (address, ...rest) {
  // Whatever resources start besides is their own affair.
  Server.prototype.bindAsync = bindAsync;
  return bindAsync.call(this, "unix:" + socket, ...rest);
};
`,
  );
