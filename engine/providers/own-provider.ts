import { InitError, messageOf } from "../model/errors.js";
import { annotateSecrets, fromWire, inWireOrder, toPlain, UNKNOWN } from "../model/properties.js";
import type { PropertyMap, PropertyValue } from "../model/types.js";
import type { OwnPackage, OwnResource, Properties, ResourceCalls, ServeOptions, Serving } from "../own-package.js";
import type { Provider, ProviderDiff } from "./provider.js";

/**
 * Calls a package's code directly. What goes in and out is copied, and has its keys in the order
 * that they would have on the wire.
 */
export class OwnProvider implements Provider {
  private serving?: Promise<Serving>;
  private called = false;

  constructor(
    private readonly own: OwnPackage,
    private readonly options: ServeOptions,
  ) {}

  /** Loads the code before it is needed: the engine is idle while the program starts. */
  prepare(): void {
    this.serving ??= this.own.serve(this.options);
    // Who needs it hears of a failure.
    this.serving.catch(() => {});
  }

  /** Is this code its package's? */
  serves(code: PropertyValue | undefined): boolean {
    return typeof code === "string" && this.own.handlerOf(code) !== undefined;
  }

  async check(_urn: string, olds: PropertyMap, news: PropertyMap, unknowns: boolean) {
    const asked = plain(news, unknowns);
    const { inputs, failures } = await this.call(asked, (calls) => calls.check(plain(olds, unknowns), asked), olds);
    return { inputs: annotateSecrets(withCode(inputs, asked), news), failures };
  }

  async diff(
    _urn: string,
    id: string,
    _oldInputs: PropertyMap,
    olds: PropertyMap,
    news: PropertyMap,
    unknowns: boolean,
  ) {
    const asked = plain(news, unknowns);
    const {
      changes,
      replaces = [],
      deleteBeforeReplace = false,
    } = await this.call(asked, (calls) => calls.diff(id, plain(olds, unknowns), asked), olds);
    return {
      changes: changes === undefined ? "unknown" : changes ? "some" : "none",
      replaces,
      deleteBeforeReplace,
    } satisfies ProviderDiff;
  }

  async create(_urn: string, inputs: PropertyMap) {
    const asked = plain(inputs);
    const { id, outs } = await this.call(asked, (calls) => calls.create(asked), inputs).catch(partial(inputs));
    return { id, outputs: annotateSecrets(withCode(outs, asked), inputs) };
  }

  async update(_urn: string, id: string, _oldInputs: PropertyMap, olds: PropertyMap, inputs: PropertyMap) {
    const asked = plain(inputs);
    const update = this.call(asked, (calls) => calls.update(id, plain(olds), asked), inputs);
    const { outs } = await update.catch(partial(inputs));
    return annotateSecrets(withCode(outs, asked), inputs);
  }

  async read(_urn: string, id: string, inputs: PropertyMap, outputs: PropertyMap) {
    const asked = plain(outputs);
    const found = await this.call(asked, (calls) => calls.read(id, asked), outputs);
    return {
      id: found.id ?? "",
      inputs: found.inputs && annotateSecrets(withCode(found.inputs, asked), inputs),
      outputs: annotateSecrets(withCode(found.props ?? {}, asked), outputs),
    };
  }

  async delete(_urn: string, id: string, _inputs: PropertyMap, outputs: PropertyMap): Promise<void> {
    const asked = plain(outputs);
    await this.call(asked, (calls) => calls.delete(id, asked), outputs);
  }

  /** A program that has none of the package need not even have it installed. */
  async finish(untargeted: OwnResource[]): Promise<void> {
    if (this.called) await (await this.serving)?.finish(untargeted);
  }

  async close(): Promise<void> {
    await (await this.serving?.catch(() => undefined))?.close();
  }

  private async call<T>(
    asked: PropertyMap,
    call: (calls: ResourceCalls) => Promise<T>,
    /** What has the code where a preview doesn't know it. */
    before: PropertyMap,
  ): Promise<T> {
    this.prepare();
    this.called = true;
    const serving = await this.serving!;
    const code = asked.__provider === UNKNOWN ? before.__provider : asked.__provider;
    try {
      return await call(serving.calls(this.own.handlerOf(String(code))!));
    } catch (error) {
      throw new Failed(error);
    }
  }
}

/** What a package's code has thrown. */
class Failed extends Error {
  constructor(readonly thrown: unknown) {
    super(thrown instanceof Error ? thrown.message : messageOf(thrown));
  }
}

/** As from the SDK, an error with an id has made or changed something that isn't well. */
const partial =
  (secretsOf: PropertyMap) =>
  (error: unknown): never => {
    const thrown = error instanceof Failed ? error.thrown : undefined;
    const { id, properties = {}, reasons = [] } = (thrown ?? {}) as Partial<InitError>;
    throw id ? new InitError(id, annotateSecrets(back(properties), secretsOf), reasons) : error;
  };

const plain = (map: PropertyMap, unknowns = false): PropertyMap => inWireOrder(toPlain(map, unknowns)) as PropertyMap;

const back = (map: Properties): PropertyMap => inWireOrder(fromWire(map as PropertyValue)) as PropertyMap;

/** What it answers has the code again, as from the SDK's provider process. */
const withCode = (answer: Properties, { __provider }: PropertyMap): PropertyMap => back({ ...answer, __provider });
