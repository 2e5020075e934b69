import { statSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { about, isThere, namesIn, readText } from "../model/file-errors.js";
import { parseYaml } from "../model/yaml-file.js";
import { type Checkpoint, emptyCheckpoint, formatCheckpoint, lastUpdate, parseCheckpoint } from "./checkpoint.js";
import { makeFolder, writeDurable } from "./durable.js";
import { StackLock } from "./lock.js";
import { fullName, ORGANIZATION, type StackReference, stackNameProblem } from "./names.js";

/** A stack as `stack ls` shows it. */
export interface StackSummary extends StackReference {
  lastUpdate?: string;
  resourceCount?: number;
}

/** A folder of stacks in Pulumi's own layout (`.pulumi/…`), which the Pulumi CLI can use too. */
export class FileBackend {
  private constructor(
    /** As the user gave it; the CLI keeps its selection of stacks under this text. */
    readonly url: string,
    readonly folder: string,
    /** What people type to run this engine, for messages. */
    readonly command: string,
  ) {}

  /** Opens, and lays out when it is new, the folder that `url` names. */
  static async open(url: string, folder: string, command: string): Promise<FileBackend> {
    if (!isThere(folder)) {
      throw new Error(`the backend folder ${folder} (of ${url}) doesn't exist; create it: mkdir -p ${folder}`);
    }
    if (!statSync(folder).isDirectory())
      throw new Error(`the backend ${folder} (of ${url}) is a file; name a folder: PULUMI_BACKEND_URL=file://<folder>`);
    const backend = new FileBackend(url, folder, command);
    await backend.ensureLayout();
    return backend;
  }

  private path(...parts: string[]): string {
    return join(this.folder, ".pulumi", ...parts);
  }

  private async ensureLayout(): Promise<void> {
    const file = this.path("meta.yaml");
    const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    const legacy =
      text === undefined && (await namesIn(this.path("stacks"))).some((name) => /\.json(\.gz)?$/.test(name));
    const version = legacy
      ? 0
      : text === undefined
        ? 1
        : (parseYaml(text, file).toJS() as { version?: unknown } | null)?.version;
    if (version === 0) {
      throw new Error(
        `${this.path()}: the stacks here have the layout from before Pulumi 3.61, which ${this.command} doesn't know; run \`pulumi state upgrade\` with the Pulumi CLI`,
      );
    }
    if (version !== 1) {
      throw new Error(
        version === undefined
          ? `${file}: it doesn't say the version of the state's layout; write "version: 1" into it`
          : `${file}: the version ${JSON.stringify(version)} of the state's layout is unknown; use the Pulumi CLI that wrote it`,
      );
    }
    if (text === undefined) await writeDurable(file, "version: 1\n");
  }

  /** Where the stack's state is. */
  stackFile(stack: StackReference): string {
    const plain = this.path("stacks", stack.project, `${stack.name}.json`);
    return !isThere(plain) && isThere(`${plain}.gz`) ? `${plain}.gz` : plain;
  }

  historyFolder(stack: StackReference): string {
    return this.path("history", stack.project, stack.name);
  }

  backupFolder(stack: StackReference): string {
    return this.path("backups", stack.project, stack.name);
  }

  exists(stack: StackReference): boolean {
    return isThere(this.stackFile(stack));
  }

  private lockFolder(stack: StackReference): string {
    return this.path("locks", ORGANIZATION, stack.project, stack.name);
  }

  lock(stack: StackReference): Promise<StackLock> {
    return StackLock.take(this.lockFolder(stack), this.command);
  }

  /** Takes the locks of a stack away, whoever holds them. Says whose they were. */
  breakLocks(stack: StackReference): Promise<string[]> {
    return StackLock.breakAll(this.lockFolder(stack));
  }

  async read(stack: StackReference): Promise<Checkpoint> {
    const file = this.stackFile(stack);
    if (/\.gz$/.test(file)) {
      throw new Error(
        `${file}: compressed state isn't written by ${this.command}; let the Pulumi CLI store it plainly: unset PULUMI_DIY_BACKEND_GZIP and run \`pulumi stack export | pulumi stack import\``,
      );
    }
    return parseCheckpoint(await readFile(file).catch(about(file)), file);
  }

  /** Replaces the stack's state by `content`; the state before stays as `.bak`. */
  async write(stack: StackReference, content: Buffer): Promise<void> {
    const file = this.path("stacks", stack.project, `${stack.name}.json`);
    await writeDurable(file, content, { backup: `${file}.bak` });
    // The CLI keeps a checksum beside its files; one that is no longer true is worse than none.
    await Promise.all([rm(`${file}.attrs`, { force: true }), rm(`${file}.bak.attrs`, { force: true })]);
  }

  async create(stack: StackReference): Promise<void> {
    const lock = await this.lock(stack);
    try {
      if (this.exists(stack)) throw new Error(`stack '${fullName(stack)}' already exists`);
      await this.write(stack, formatCheckpoint(emptyCheckpoint(fullName(stack)), undefined));
    } finally {
      await lock.release();
    }
  }

  /** Removes the stack's files; backups stay, as with the CLI. */
  async remove(stack: StackReference): Promise<void> {
    await this.retire(stack);
    await rm(this.historyFolder(stack), { recursive: true, force: true });
  }

  private async retire(stack: StackReference): Promise<void> {
    const file = this.stackFile(stack);
    await rename(file, `${file}.bak`);
    await rm(`${file}.attrs`, { force: true });
  }

  /** Gives a stack another name, under which its state is `content`; its history goes along. */
  async rename(from: StackReference, to: StackReference, content: Buffer): Promise<void> {
    await this.write(to, content);
    await this.retire(from);
    const [before, after] = [this.historyFolder(from), this.historyFolder(to)];
    for (const file of await namesIn(before)) {
      // NAME-TIME.history.json, NAME-TIME.checkpoint.json
      const dash = file.lastIndexOf("-");
      if (file.slice(0, Math.max(dash, 0)) !== from.name) continue;
      await makeFolder(after);
      await rename(join(before, file), join(after, to.name + file.slice(dash)));
    }
  }

  /** All stacks, of one project when it is given. */
  async list(project?: string): Promise<StackSummary[]> {
    const root = this.path("stacks");
    await makeFolder(root);
    const found: StackSummary[] = [];
    for (const folder of project === undefined ? await namesIn(root) : [project]) {
      for (const file of await namesIn(join(root, folder))) {
        const name = /^(.+)\.json(\.gz|\.zst)?$/.exec(file)?.[1];
        if (name === undefined || stackNameProblem(name) !== undefined) continue;
        found.push(await this.summary({ project: folder, name }));
      }
    }
    return found.sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1));
  }

  private async summary(stack: StackReference): Promise<StackSummary> {
    try {
      const { latest } = await this.read(stack);
      if (latest === undefined) return stack;
      const time = lastUpdate(latest);
      return { ...stack, resourceCount: latest.resources.length, ...(time === undefined ? {} : { lastUpdate: time }) };
    } catch {
      // A list is useful even when one stack can't be read: using that stack says why.
      return stack;
    }
  }
}
