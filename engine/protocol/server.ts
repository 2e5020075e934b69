import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { messageOf } from "../model/errors.js";
import { CHANNEL } from "../providers/provider-connection.js";
import { newPrivateSocket, PrivateSocket, type SharedSocket } from "./private-socket.js";
import type { Message, Sdk } from "./sdk.js";

/** What a method does with a request; what it throws goes to the caller. */
export type Handler = (request: Message) => Promise<Message> | Message;

/** Thrown by a method when the run has come to its end: the SDK then stops without another word. */
export class ShutDown extends Error {}

/**
 * A server of the program's two services on a socket that nobody else can reach, and that no server
 * before it had.
 */
export class EngineServer {
  private readonly server = new Server(CHANNEL);
  private socket?: PrivateSocket;

  /** `shared`: where it listens. Default: in a temporary folder. */
  constructor(
    sdk: Sdk,
    monitor: Record<string, Handler>,
    engine: Record<string, Handler>,
    private readonly shared?: SharedSocket,
  ) {
    this.server.addService(sdk.monitorService, implement(monitor));
    this.server.addService(sdk.engineService, implement(engine));
  }

  /** Where it listens, once it does. */
  get address(): string {
    return this.socket!.address;
  }

  /** The same for a process in the other place. */
  get addressThere(): string {
    return this.shared ? `unix:${this.shared.there}` : this.address;
  }

  async listen(): Promise<void> {
    const socket = this.shared ? new PrivateSocket(this.shared.here) : newPrivateSocket();
    socket.makeFolder();
    process.once("exit", socket.remove);
    this.socket = socket;
    await new Promise<void>((resolve, reject) =>
      this.server.bindAsync(socket.address, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  close(): void {
    this.server.forceShutdown();
    if (!this.socket) return;
    process.off("exit", this.socket.remove);
    this.socket.remove();
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
            callback({ code, details: forHeader(messageOf(error)), metadata: new Metadata() });
          },
        );
    }) as UntypedServiceImplementation[string];
  }
  return methods;
}

/**
 * The most characters of an error that fit into a header of 64 KiB, whatever they are. The user is
 * told the whole by the engine itself.
 */
const LONGEST = 5_000;

/**
 * A text as UTF-8 can say it, and not too long: a longer header would break the connection without
 * a word (grpc/grpc-node#2399).
 */
const forHeader = (text: string): string => Buffer.from(text.slice(0, LONGEST)).toString();
