/**
 * The SDK's provider listens on a port of the loopback. There, every user of the machine could have
 * it run code. So its gRPC server, the first in its process, listens on a socket in a folder of
 * mode 0700. The provider makes that folder, and removes it.
 *
 * Needed for safety, and for answers that arrive (answers.cts). It relies on cmd/dynamic-provider,
 * which takes `Server` of @grpc/grpc-js, adds one service to it, and calls `bindAsync` once; and on
 * grpc-js, which calls `http2.createServer`. The engine uses no provider that listens elsewhere.
 */
import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type * as Grpc from "@grpc/grpc-js";
import { answering, type Method } from "./answers.cjs";
import { watchConnections } from "./connections.cjs";
import { takeSettings } from "./settings.cjs";
import { holdLines } from "./told-once.cjs";

export interface ServesOn {
  /** The path of the socket. Its folder isn't there yet. */
  socket: string;
  /** The SDK's copy of @grpc/grpc-js: the path. */
  grpc: string;
}

const settings = takeSettings<ServesOn>("serves-on");
if (settings) serveOn(settings);

function serveOn({ socket, grpc: path }: ServesOn): void {
  const folder = dirname(socket);
  // Never a folder that is there: somebody else could have made it.
  mkdirSync(folder, { mode: 0o700 });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  watchConnections();
  holdLines();

  const grpc = createRequire(path)(path) as typeof Grpc;
  const answers = answering(grpc, folder);
  const { addService, bindAsync } = grpc.Server.prototype;
  // Whatever resources start besides is their own affair.
  grpc.Server.prototype.addService = function (service, implementation) {
    grpc.Server.prototype.addService = addService;
    addService.call(this, service, all(implementation, answers));
  };
  grpc.Server.prototype.bindAsync = function (_address, ...rest) {
    grpc.Server.prototype.bindAsync = bindAsync;
    bindAsync.call(this, `unix:${socket}`, ...rest);
  };
}

/** The implementation of a service with each method changed. */
const all = (implementation: Grpc.UntypedServiceImplementation, change: (method: Method) => Method) =>
  new Proxy(implementation, {
    get(target, name) {
      const method = target[name as string] as unknown;
      return typeof method === "function" ? change(method.bind(target) as Method) : method;
    },
  });
