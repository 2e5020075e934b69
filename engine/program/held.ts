import type { Duplex } from "node:stream";
import type { Project } from "../model/types.js";
import type { Held, StartedFor } from "../preload/held.cjs";
import { runScriptFor } from "../protocol/sdk.js";
import { Child } from "./child.js";
import { nodeArguments, PRELOADS, programEnvironment, programPlace } from "./place.js";

/** The first descriptor after those of a process's output. */
const FD = 3;

/**
 * A program's process that is started before it is known what for. It has loaded the SDK and
 * nothing of the program when it is released. It has to be released or dropped.
 */
export class HeldProgram {
  private readonly child: Child;
  private readonly pipe: Duplex;
  private readonly waits: Promise<boolean>;
  private onLine: ((line: string, stream: "stdout" | "stderr") => void) | undefined;
  private isFree = true;

  /** Throws where the program's folder has no SDK. */
  constructor(project: Project, command: string) {
    const script = runScriptFor(programPlace(project).folder);
    const settings: Held = { fd: FD, script };
    this.child = new Child({
      orphanGraceMs: 0,
      preloads: [...PRELOADS.map((name) => ({ name })), { name: "held", settings }],
      args: [...nodeArguments(project), script],
      cwd: project.root,
      env: programEnvironment(project, command),
      onLine: (line, stream) => this.onLine?.(line, stream),
      pipes: 1,
    });
    this.pipe = this.child.pipe(FD);
    // Whoever is released hears of the end of the process. One that is dropped may end first.
    this.pipe.on("error", () => {});
    const said = new Promise<boolean>((resolve) => this.pipe.once("data", () => resolve(true)));
    const ended = this.child.ended.then(
      () => false,
      () => false,
    );
    this.waits = Promise.race([said, ended]);
  }

  /** Lets it run, once. Undefined where it doesn't wait: it has to be started anew. */
  async release(told: StartedFor, onLine: NonNullable<HeldProgram["onLine"]>): Promise<Child | undefined> {
    if (!this.isFree) return undefined;
    this.isFree = false;
    if (!(await this.waits)) return undefined;
    this.onLine = onLine;
    this.pipe.end(JSON.stringify(told));
    return this.child;
  }

  /** Ends it, unless it runs. */
  drop(): void {
    if (!this.isFree) return;
    this.isFree = false;
    this.child.kill("SIGKILL");
  }
}
