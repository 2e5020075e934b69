import { createRequire } from "node:module";
import { runInThisContext } from "node:vm";
import { USE_THE_CLI } from "./errors.js";
import { preload, SDK_FILES } from "./preload.js";
import type { Sdk } from "./sdk.js";

/**
 * For hooks and transforms the SDK starts a server in the program, on a port of the loopback, which
 * the engine would call. This engine refuses both when they are registered, so no server listens.
 */
const DEAFEN = `(callbacks, { Server }) => {
  const { CallbackServer } = callbacks;
  callbacks.CallbackServer = class extends CallbackServer {
    constructor(monitor) {
      const { bindAsync } = Server.prototype;
      Server.prototype.bindAsync = (_address, _credentials, done) => done(new Error(${JSON.stringify(USE_THE_CLI)}));
      try {
        super(monitor);
      } finally {
        Server.prototype.bindAsync = bindAsync;
      }
      this._target?.catch(() => {});
      this._target = Promise.resolve("nowhere");
    }
  };
  return () => {
    callbacks.CallbackServer = CallbackServer;
  };
}`;

/** For a program's process. */
export const noCallbacks = ({ grpc }: Sdk) =>
  preload(
    "no-callbacks",
    `${SDK_FILES}
let seen = false;
found((path, name, parent) => {
  if (seen || inSdk(path) !== "runtime/callbacks") return path;
  seen = true;
  (${DEAFEN})(Module._load(path, parent), require(${JSON.stringify(grpc)}));
  return path;
});
`,
  );

/** For a program in this process, until the returned function is called. */
export function deafenCallbacks(sdk: Sdk): () => void {
  const grpc: unknown = createRequire(sdk.grpc)(sdk.grpc);
  return (runInThisContext(DEAFEN) as (callbacks: unknown, grpc: unknown) => () => void)(sdk.callbacks(), grpc);
}
