import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type Client, credentials, makeGenericClientConstructor, type ServiceError, status } from "@grpc/grpc-js";
import { messageOf } from "../model/errors.js";
import { IN_FILE, PACKED } from "../preload/error-metadata.cjs";
import { folderOf } from "../protocol/private-socket.js";
import type { Message, Sdk } from "../protocol/sdk.js";
import type { ProviderProcess } from "./provider-process.js";

/** Large states must fit into one message, as with the CLI. */
export const CHANNEL = { "grpc.max_receive_message_length": 1024 * 1024 * 400, "grpc.max_send_message_length": -1 };

/** The end of a process is heard up to so much later than the break of its connection. */
const DEATH_IS_HEARD_MS = 1000;

/** An error of the provider's own. `packed` is a google.rpc.Status with its details. */
export class Told extends Error {
  constructor(
    message: string,
    readonly packed?: Uint8Array,
  ) {
    super(message);
  }
}

/** The connection to a provider process. Each call ends, even if connection or process fail. */
export class ProviderConnection {
  private readonly client: Client;
  private readonly unanswered = new Set<(error: Error) => void>();

  constructor(
    sdk: Sdk,
    private readonly address: string,
    private readonly ended: ProviderProcess["ended"],
  ) {
    const Constructor = makeGenericClientConstructor(sdk.providerService, "ResourceProvider");
    this.client = new Constructor(address, credentials.createInsecure(), CHANNEL);
    // gRPC misses some ends of connections.
    const giveUp = () => {
      for (const reject of this.unanswered) reject(new Ended());
    };
    const end = () => {
      if (this.unanswered.size > 0) setTimeout(giveUp, DEATH_IS_HEARD_MS);
    };
    ended.then(end, end);
  }

  /** Throws Told, or an error that says that the outcome of the call is unknown. */
  async call(method: string, request: Message): Promise<Message> {
    try {
      return await this.answer(method, request);
    } catch (error) {
      if (!isLost(error as ServiceError)) throw this.told(error as ServiceError);
      const how = (await this.death()) ?? `the connection to the dynamic provider has broken (${messageOf(error)})`;
      throw new Error(
        `${how}, so nobody knows how far this ${method} has come; run the same command again: it looks, and completes it`,
      );
    }
  }

  close(): void {
    this.client.close();
  }

  private answer(method: string, request: Message): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.unanswered.add(reject);
      const call = (this.client as unknown as Record<string, (...args: unknown[]) => void>)[method]!;
      call.call(this.client, request, (error: ServiceError | null, response: Message) => {
        this.unanswered.delete(reject);
        error ? reject(error) : resolve(response);
      });
    });
  }

  /** How the process has ended, if it has: that explains more than the connection's error. */
  private async death(): Promise<string | undefined> {
    const heard = new Promise<undefined>((resolve) => setTimeout(resolve, DEATH_IS_HEARD_MS, undefined).unref());
    const end = await Promise.race([this.ended.catch(() => undefined), heard]);
    return end && `the process of the dynamic provider has ended (${end.signal ?? `exit code ${end.code}`})`;
  }

  private told({ details, message, metadata }: ServiceError): Told {
    const [file] = metadata?.get(IN_FILE) ?? [];
    if (file === undefined) return new Told(details || message, bytesOf(metadata?.get(PACKED)[0]));
    const path = join(folderOf(this.address), basename(String(file)));
    const text = JSON.parse(readFileSync(path, "utf8")) as { details: string; packed?: string };
    rmSync(path);
    return new Told(text.details, text.packed === undefined ? undefined : Buffer.from(text.packed, "base64"));
  }
}

class Ended extends Error {}

/** Whether the connection failed, and not the call. */
const isLost = (error: Error | ServiceError): boolean =>
  error instanceof Ended ||
  ("code" in error && (error.code === status.UNAVAILABLE || error.code === status.CANCELLED)) ||
  ("code" in error && error.code === status.INTERNAL && !/serializing/.test(error.details));

const bytesOf = (value: string | Buffer | undefined): Uint8Array | undefined =>
  value instanceof Buffer ? new Uint8Array(value) : undefined;
