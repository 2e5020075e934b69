/** Plain values: no secrets, no unknowns but Pulumi's text for one. */
export type Properties = Record<string, unknown>;

/** The calls about one kind of resource: the SDK's `dynamic.ResourceProvider`, without the SDK. */
export interface ResourceCalls {
  check(
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes?: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  read(id: string, olds: Properties): Promise<{ id?: string; props?: Properties; inputs?: Properties }>;
  delete(id: string, olds: Properties): Promise<void>;
}

/** A package's resources in one deployment. */
export interface Serving {
  /** The calls of a handler. */
  calls(handler: string): ResourceCalls;
  /** Says that the program has declared all; `untargeted` is what no call says of that. */
  finish(untargeted: OwnResource[]): Promise<void>;
  /** Begins no change more, and resolves when the one under way is done. */
  close(): Promise<void>;
}

/** What a package is served with. */
export interface ServeOptions {
  /** The folder of the program, from which the package's code is loaded. */
  folder: string;
  /** The package's resources in the state. */
  state: OwnResource[];
  /** Tells the user a line. */
  say(line: string): void;
}

/** A package whose resources are served in the engine's process. */
export interface OwnPackage {
  /**
   * The handler that a resource's `__provider` names; undefined for code that is not this
   * package's, which runs in the SDK's provider process.
   */
  handlerOf(code: string): string | undefined;
  /** Loads the package's code; one call a deployment. */
  serve(options: ServeOptions): Promise<Serving>;
}

/**
 * A resource as its package is told of it, which has to know what a stack has to tell what nobody
 * has. Only texts are told: all else is long, or secret.
 */
export interface OwnResource {
  type: string;
  /** Those that the outputs don't have. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** It goes with another one, without a call of its own. */
  deletedWith?: true;
}
