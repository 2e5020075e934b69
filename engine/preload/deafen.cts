/** Of a gRPC server what is changed here. */
interface Listening {
  bindAsync(address: string, credentials: unknown, done: (error: Error) => void): void;
}

/** The module runtime/callbacks of the SDK. */
export interface Callbacks {
  CallbackServer: new (monitor: unknown) => { _target?: Promise<string> };
}

/** The SDK's copy of @grpc/grpc-js. */
export interface Grpc {
  Server: { prototype: Listening };
}

/**
 * For hooks and transforms the SDK starts a server in the program, on a port of the loopback, which
 * the engine would call. This engine refuses both when they are registered, so no server listens,
 * until the returned function is called.
 */
export function deafen(callbacks: Callbacks, { Server }: Grpc): () => void {
  const { CallbackServer } = callbacks;
  callbacks.CallbackServer = class extends CallbackServer {
    constructor(monitor: unknown) {
      const { bindAsync } = Server.prototype;
      Server.prototype.bindAsync = (_address, _credentials, done) => done(new Error("nobody may call"));
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
}
