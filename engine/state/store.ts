import type { ResourceState, Snapshot } from "../model/types.js";
import type { FileBackend } from "./backend.js";
import { type Checkpoint, formatCheckpoint } from "./checkpoint.js";
import { integrityProblem } from "./integrity.js";
import type { StackReference } from "./names.js";
import { PassphraseCrypter } from "./passphrase.js";
import { SecretKeeper } from "./secrets.js";

/** One stack's state during one operation: read once, then written after each step. */
export class StackStore {
  /** The text of each resource as it was written last: most are the same in the next write. */
  private readonly texts = new WeakMap<ResourceState, Buffer>();
  private waiting: { snapshot: Snapshot; done: PromiseWithResolver } | undefined;
  private writing: Promise<void> | undefined;

  private constructor(
    private readonly backend: FileBackend,
    private readonly stack: StackReference,
    private readonly checkpoint: Checkpoint,
    private readonly keeper: SecretKeeper,
    private readonly salt: string,
    /** The state as it was found, secrets open; undefined for a stack that was never deployed. */
    readonly base: Snapshot | undefined,
  ) {}

  /**
   * Reads the state. `crypter` is the stack's; `passphrase` is asked for only when the state was
   * sealed with another salt.
   */
  static async open(
    backend: FileBackend,
    stack: StackReference,
    crypter: PassphraseCrypter,
    passphrase: () => Promise<string>,
  ): Promise<StackStore> {
    const checkpoint = await backend.read(stack);
    const keeper = new SecretKeeper(crypter);
    const { latest } = checkpoint;
    let base: Snapshot | undefined;
    if (latest !== undefined) {
      const salt = saltOf(latest, backend.stackFile(stack), backend.command);
      const other = salt !== undefined && salt !== crypter.salt;
      base = keeper.open(latest, other ? await PassphraseCrypter.open(await passphrase(), salt) : crypter);
      const problem = integrityProblem(base.resources);
      if (problem) {
        throw new Error(
          `snapshot integrity failure; refusing to use it: ${problem}; restore ${backend.stackFile(stack)}.bak, or repair it with \`pulumi stack export\` and \`import\``,
        );
      }
    }
    return new StackStore(backend, stack, checkpoint, keeper, crypter.salt, base);
  }

  /**
   * Makes `snapshot` the stack's state. Durable when it resolves. Of several that wait for a write
   * under way only the newest is written: it holds what the others hold. The caller must not change
   * `snapshot` afterwards.
   */
  save(snapshot: Snapshot): Promise<void> {
    this.waiting = { snapshot, done: this.waiting?.done ?? new PromiseWithResolver() };
    const { promise } = this.waiting.done;
    this.writing ??= this.drain();
    return promise;
  }

  /** Waits for whatever is being written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async drain(): Promise<void> {
    while (this.waiting) {
      const { snapshot, done } = this.waiting;
      this.waiting = undefined;
      await this.write(snapshot).then(done.resolve, done.reject);
    }
    this.writing = undefined;
  }

  private textOf(resource: ResourceState): Buffer {
    const text = this.texts.get(resource) ?? Buffer.from(JSON.stringify(this.keeper.sealResource(resource)));
    this.texts.set(resource, text);
    return text;
  }

  private async write(snapshot: Snapshot): Promise<void> {
    const content = formatCheckpoint(this.checkpoint, framed(this.salt, snapshot), (resource) => this.textOf(resource));
    await this.backend.write(this.stack, content);
    // Written all the same: the results of providers must not be lost.
    const problem = integrityProblem(snapshot.resources);
    if (problem) {
      throw new Error(
        `snapshot integrity failure; it was already written, but is invalid (backup available at ${this.backend.stackFile(this.stack)}.bak): ${problem}`,
      );
    }
  }
}

/** A state as it may stand in a file: its secrets sealed, and with what. */
export const sealFor = (keeper: SecretKeeper, salt: string, snapshot: Snapshot): Snapshot =>
  framed(salt, keeper.seal(snapshot));

const framed = (salt: string, snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  manifest: { ...snapshot.manifest, time: snapshot.manifest.time ?? new Date().toISOString() },
  secrets_providers: { type: "passphrase", state: { salt } },
});

class PromiseWithResolver {
  resolve!: () => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** The salt that a state was sealed with. */
export function saltOf(latest: Snapshot, file: string, command: string): string | undefined {
  const provider = latest.secrets_providers as { type?: string; state?: { salt?: string } } | undefined;
  if (provider?.type === undefined || provider.type === "") return undefined;
  if (provider.type !== "passphrase") {
    throw new Error(
      `${file}: its secrets are kept by the provider "${provider.type}", which ${command} doesn't know; use the Pulumi CLI, or change it: \`pulumi stack change-secrets-provider passphrase\``,
    );
  }
  return provider.state?.salt;
}
