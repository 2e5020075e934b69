import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { messageOf } from "./errors.js";
import { CHANNEL } from "./provider.js";
import type { Message, Sdk } from "./sdk.js";

/** What a method does with a request; what it throws goes to the caller. */
export type Handler = (request: Message) => Promise<Message> | Message;

/** Thrown by a method when the run has come to its end: the SDK then stops without another word. */
export class ShutDown extends Error {}

/**
 * Ports of this process's servers. A program in this process shares a pool of connections, in which one that failed still counts as failed for a second:
 * a new server at the port of one that has gone would not be reached.
 */
const used = new Set<number>();

/** A server of the program's two services on a loopback port. */
export class EngineServer {
  private readonly server = new Server(CHANNEL);
  address = "";

  constructor(sdk: Sdk, monitor: Record<string, Handler>, engine: Record<string, Handler>) {
    this.server.addService(sdk.monitorService, implement(monitor));
    this.server.addService(sdk.engineService, implement(engine));
  }

  async listen(): Promise<void> {
    let port = await this.bind();
    while (used.has(port)) port = await this.bind();
    used.add(port);
    this.address = `127.0.0.1:${port}`;
  }

  private bind(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  }

  close(): void {
    this.server.forceShutdown();
  }
}

function implement(handlers: Record<string, Handler>): UntypedServiceImplementation {
  const methods: UntypedServiceImplementation = {};
  for (const [name, handler] of Object.entries(handlers)) {
    methods[name] = ((call: ServerUnaryCall<Message, Message>, callback: (error: unknown, value?: Message) => void) => {
      Promise.resolve()
        .then(() => handler(call.request))
        .then(
          (response) => callback(null, response),
          (error) => {
            const code = error instanceof ShutDown ? status.UNAVAILABLE : status.UNKNOWN;
            callback({ code, details: messageOf(error), metadata: new Metadata() });
          },
        );
    }) as UntypedServiceImplementation[string];
  }
  return methods;
}
