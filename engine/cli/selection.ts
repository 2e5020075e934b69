import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isThere, readText } from "../model/file-errors.js";
import { isObject } from "../model/json.js";
import { writeDurable } from "../state/durable.js";
import type { ProjectFile } from "./project.js";

interface Settings {
  /** Where older CLIs keep the selection. */
  stack?: string;
  stacks?: Record<string, string>;
  [other: string]: unknown;
}

/** The folder of the CLI's own files. */
export const pulumiHome = (env: NodeJS.ProcessEnv) => env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");

/** Which stack is selected for each project and backend, in the CLI's own file for that. */
export class Selection {
  private readonly file: string;

  constructor(
    project: ProjectFile,
    private readonly backendUrl: string,
    env: NodeJS.ProcessEnv,
  ) {
    const digest = createHash("sha1").update(project.file).digest("hex");
    this.file = join(pulumiHome(env), "workspaces", `${project.name}-${digest}-workspace.json`);
  }

  private async settings(): Promise<Settings> {
    if (!isThere(this.file)) return {};
    const refuse = (why: string) =>
      new Error(`could not parse file ${this.file}: ${why}; delete it and select a stack again`);
    const text = await readText(this.file);
    let settings: unknown;
    try {
      settings = JSON.parse(text);
    } catch (error) {
      throw refuse((error as Error).message);
    }
    const { stack = "", stacks = {} } = isObject(settings) ? settings : { stack: undefined, stacks: null };
    if (!isObject(settings) || !isObject(stacks)) throw refuse("it is no object of settings");
    const names = [stack, ...Object.values(stacks)];
    if (!names.every((name) => typeof name === "string")) throw refuse("the name of a stack is no text");
    return settings;
  }

  /** The selected stack, in full or short. */
  async current(): Promise<string | undefined> {
    const settings = await this.settings();
    return settings.stacks?.[this.backendUrl] ?? (settings.stack || undefined);
  }

  /** Selects a stack, or none. */
  async select(stack: string | undefined): Promise<void> {
    const settings = await this.settings();
    const stacks = { ...settings.stacks };
    if (stack === undefined) {
      delete stacks[this.backendUrl];
      delete settings.stack;
    } else stacks[this.backendUrl] = stack;
    if (Object.keys(stacks).length > 0) settings.stacks = stacks;
    else delete settings.stacks;
    if (Object.keys(settings).length === 0) await rm(this.file, { force: true });
    else await writeDurable(this.file, JSON.stringify(settings, null, 4));
  }
}
