import { type Client, credentials, makeGenericClientConstructor, type ServiceError, status } from "@grpc/grpc-js";
import { InitError } from "./errors.js";
import { annotateSecrets, fromWire, toPlain, toWire } from "./properties.js";
import type { ProviderOptions, ProviderProcess, StartProvider } from "./provider-process.js";
import type { Message } from "./sdk.js";
import type { PropertyMap, PropertyValue } from "./types.js";
import { urnName, urnType } from "./urn.js";

/** Large states must fit into one message, as with the CLI. */
export const CHANNEL = { "grpc.max_receive_message_length": 1024 * 1024 * 400, "grpc.max_send_message_length": -1 };

/** A connection may break a moment before its process is known to have ended. */
const DEATH_IS_HEARD_MS = 1000;

/** What a provider says about a difference before the engine completes it. */
export interface ProviderDiff {
  changes: "unknown" | "none" | "some";
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/**
 * The stock dynamic provider in a process of its own: one for a whole run, started by the first call that needs it.
 * It doesn't take secrets, nor previews: the engine opens the former and never asks it to create in the latter.
 */
export class DynamicProvider {
  private started?: Promise<Client>;
  private process?: ProviderProcess;
  /** The inputs of the provider resource: the whole configuration. */
  config: PropertyMap = {};

  constructor(
    private readonly options: ProviderOptions,
    private readonly launch: StartProvider,
  ) {}

  /** Starts the process before it is needed: it takes as long as the program takes to start. */
  prepare(): void {
    this.process ??= this.launch(this.options);
    // Who needs it hears of a failure.
    this.process.address.catch(() => {});
  }

  async check(urn: string, olds: PropertyMap, news: PropertyMap, unknowns: boolean) {
    const request = this.request("CheckRequest", urn, {
      Olds: this.struct(toPlain(olds, unknowns)),
      News: this.struct(toPlain(news, unknowns)),
    });
    const response = await this.call("check", request);
    const failures = (response.getFailuresList() as Message[]).map((failure) => ({
      property: failure.getProperty() as string,
      reason: failure.getReason() as string,
    }));
    return { inputs: annotateSecrets(properties(response.getInputs()), news), failures };
  }

  async diff(urn: string, id: string, oldInputs: PropertyMap, olds: PropertyMap, news: PropertyMap, unknowns: boolean) {
    const request = this.request("DiffRequest", urn, {
      Id: id,
      OldInputs: this.struct(toPlain(oldInputs, unknowns)),
      Olds: this.struct(toPlain(olds, unknowns)),
      News: this.struct(toPlain(news, unknowns)),
    });
    const response = await this.call("diff", request);
    return {
      changes: (["unknown", "none", "some"] as const)[response.getChanges() as 0 | 1 | 2],
      replaces: response.getReplacesList() as string[],
      deleteBeforeReplace: response.getDeletebeforereplace() as boolean,
    } satisfies ProviderDiff;
  }

  async create(urn: string, inputs: PropertyMap) {
    const request = this.request("CreateRequest", urn, { Properties: this.struct(toPlain(inputs, false)) });
    const response = await this.call("create", request, inputs);
    const id = response.getId() as string;
    if (id === "") throw new Error(`plugin returned empty resource.ID from create '${urn}'`);
    return { id, outputs: annotateSecrets(properties(response.getProperties()), inputs) };
  }

  async update(urn: string, id: string, oldInputs: PropertyMap, olds: PropertyMap, inputs: PropertyMap) {
    const request = this.request("UpdateRequest", urn, {
      Id: id,
      OldInputs: this.struct(toPlain(oldInputs, false)),
      Olds: this.struct(toPlain(olds, false)),
      News: this.struct(toPlain(inputs, false)),
    });
    const response = await this.call("update", request, inputs);
    return annotateSecrets(properties(response.getProperties()), inputs);
  }

  async read(urn: string, id: string, inputs: PropertyMap, outputs: PropertyMap) {
    const request = this.request("ReadRequest", urn, {
      Id: id,
      Inputs: this.struct(toPlain(inputs, false)),
      Properties: this.struct(toPlain(outputs, false)),
    });
    const response = await this.call("read", request, outputs);
    return {
      id: response.getId() as string,
      inputs: response.getInputs() ? annotateSecrets(properties(response.getInputs()), inputs) : undefined,
      outputs: annotateSecrets(properties(response.getProperties()), outputs),
    };
  }

  async delete(urn: string, id: string, inputs: PropertyMap, outputs: PropertyMap): Promise<void> {
    const request = this.request("DeleteRequest", urn, {
      Id: id,
      OldInputs: this.struct(toPlain(inputs, false)),
      Properties: this.struct(toPlain(outputs, false)),
    });
    await this.call("delete", request);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    const client = await this.started?.catch(() => undefined);
    client?.close();
    await this.process?.stop();
  }

  private struct(map: PropertyMap): Message {
    return this.options.sdk.struct.Struct.fromJavaScript(map);
  }

  private request(type: string, urn: string, fields: Record<string, unknown>): Message {
    const request = new this.options.sdk.provider[type]();
    const all = { Urn: urn, Name: urnName(urn), Type: urnType(urn), ...fields };
    // Fields that came with later releases of the SDK have no setter in earlier ones.
    for (const [name, value] of Object.entries(all)) request[`set${name}`]?.(value);
    return request;
  }

  private async call(method: string, request: Message, secretsOf: PropertyMap = {}): Promise<Message> {
    this.started ??= this.start();
    const client = await this.started;
    try {
      return await unary(client, method, request);
    } catch (error) {
      throw (await this.death(error as ServiceError, method)) ?? this.toError(error as ServiceError, secretsOf);
    }
  }

  /** Whether a call failed because the process is gone: then the connection's own words help nobody. */
  private async death({ code }: ServiceError, method: string): Promise<Error | undefined> {
    if (code !== status.UNAVAILABLE) return undefined;
    const heard = new Promise<undefined>((resolve) => setTimeout(resolve, DEATH_IS_HEARD_MS, undefined).unref());
    const end = await Promise.race([this.process?.ended.catch(() => undefined), heard]);
    if (!end) return undefined;
    const how = end.signal ?? `exit code ${end.code}`;
    return new Error(
      `the process of the dynamic provider has ended (${how}), so nobody knows how far this ${method} has come; run the same command again: it looks, and completes it`,
    );
  }

  private async start(): Promise<Client> {
    const { sdk } = this.options;
    this.prepare();
    const Constructor = makeGenericClientConstructor(sdk.providerService, "ResourceProvider");
    const client = new Constructor(await this.process!.address, credentials.createInsecure(), CHANNEL);
    const configure = new sdk.provider.ConfigureRequest();
    configure.setArgs(this.struct(toWire(this.config) as PropertyMap));
    configure.setAcceptsecrets(true);
    configure.setAcceptresources(true);
    await unary(client, "configure", configure);
    return client;
  }

  /** What the provider threw: its message, or a partial failure, which comes packed as a detail of the status. */
  private toError(error: ServiceError, secretsOf: PropertyMap): Error {
    const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
    if (packed instanceof Buffer) {
      const { sdk } = this.options;
      const status = sdk.status.Status.deserializeBinary(new Uint8Array(packed));
      for (const detail of status.getDetailsList() as Message[]) {
        if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
        const failure = sdk.provider.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
        const outputs = annotateSecrets(properties(failure.getProperties()), secretsOf);
        return new InitError(failure.getId(), outputs, failure.getReasonsList());
      }
    }
    return new Error(error.details || error.message);
  }
}

/** A Struct as plain properties. */
export function properties(struct: Message | undefined): PropertyMap {
  return struct ? (fromWire(struct.toJavaScript() as PropertyValue) as PropertyMap) : {};
}

function unary(client: Client, method: string, request: Message): Promise<Message> {
  return new Promise((resolve, reject) => {
    const call = (client as unknown as Record<string, (...args: unknown[]) => void>)[method]!;
    call.call(client, request, (error: ServiceError | null, response: Message) =>
      error ? reject(error) : resolve(response),
    );
  });
}
