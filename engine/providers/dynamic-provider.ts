import { InitError } from "../model/errors.js";
import { annotateSecrets, properties, toPlain, toWire } from "../model/properties.js";
import type { PropertyMap } from "../model/types.js";
import { urnName, urnType } from "../model/urn.js";
import type { Message } from "../protocol/sdk.js";
import type { Provider, ProviderDiff } from "./provider.js";
import { ProviderConnection, Told } from "./provider-connection.js";
import type { ProviderOptions, ProviderProcess, StartProvider } from "./provider-process.js";

/**
 * The stock dynamic provider in a process of its own, one for a run, started by the first call. It
 * takes neither secrets nor previews: the engine opens secrets, and never asks it to create in a
 * preview.
 */
export class DynamicProvider implements Provider {
  private started?: Promise<ProviderConnection>;
  private process?: ProviderProcess;

  constructor(
    private readonly options: ProviderOptions,
    private readonly launch: StartProvider,
    /** The inputs of the provider resource: the whole configuration. */
    private readonly config: PropertyMap,
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
    const outputs = annotateSecrets(properties(response.getProperties()), inputs);
    return { id: response.getId() as string, outputs };
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

  /** Ends the process, and with it the calls that it hasn't answered. */
  async close(): Promise<void> {
    await this.process?.stop();
    (await this.started?.catch(() => undefined))?.close();
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
    const connection = await this.started;
    try {
      return await connection.call(method, request);
    } catch (error) {
      throw error instanceof Told ? this.toError(error, secretsOf) : error;
    }
  }

  private async start(): Promise<ProviderConnection> {
    const { sdk } = this.options;
    this.prepare();
    const connection = new ProviderConnection(sdk, await this.process!.address, this.process!.ended);
    const configure = new sdk.provider.ConfigureRequest();
    configure.setArgs(this.struct(toWire(this.config) as PropertyMap));
    configure.setAcceptsecrets(true);
    configure.setAcceptresources(true);
    await connection.call("configure", configure);
    return connection;
  }

  /** What the provider threw: its message, or a partial failure, which comes packed. */
  private toError({ message, packed }: Told, secretsOf: PropertyMap): Error {
    const { sdk } = this.options;
    const details = packed ? (sdk.status.Status.deserializeBinary(packed).getDetailsList() as Message[]) : [];
    for (const detail of details) {
      if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
      const failure = sdk.provider.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
      const outputs = annotateSecrets(properties(failure.getProperties()), secretsOf);
      return new InitError(failure.getId(), outputs, failure.getReasonsList());
    }
    return new Error(message);
  }
}
