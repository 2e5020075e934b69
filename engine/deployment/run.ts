import { Bail, messageOf } from "../model/errors.js";
import { type DeploymentRequest, type PropertyMap, type ResourceState, runsProgram } from "../model/types.js";
import { isProviderType, PROVIDER_TYPE, STACK_TYPE } from "../model/urn.js";
import type { ProgramEnd, RunningProgram } from "../program/program.js";
import { engineService } from "../protocol/engine-service.js";
import { type Goal, inherit, providerGoal } from "../protocol/goal.js";
import { monitorService, type Registrar } from "../protocol/monitor.js";
import type { Sdk } from "../protocol/sdk.js";
import { EngineServer, ShutDown } from "../protocol/server.js";
import type { Context } from "./context.js";
import { deferred } from "./deferred.js";
import { deleteUnwanted } from "./deletes.js";
import { Executor } from "./executor.js";
import { Generator } from "./generator.js";
import { reportMissing } from "./missing-targets.js";
import { newContext } from "./new-context.js";
import { Outputs } from "./outputs.js";
import { pendingOperationsWarning } from "./preflight.js";
import { refresh } from "./refresh.js";
import type { Reporter } from "./reporter.js";
import type { Runners } from "./runners.js";
import type { SnapshotManager } from "./snapshot.js";
import { BUILTIN_PROVIDER, STACK_REFERENCE } from "./stack-reference.js";
import type { Named } from "./targets.js";

/** How long a program may go on after its run has come to an end. */
const PROGRAM_GRACE_MS = 5000;

/** One run: what the program asks for, in its order, and what comes of it. */
export class Deployment implements Registrar {
  private readonly context: Context;
  private readonly executor: Executor;
  private readonly generator: Generator;
  private readonly server: EngineServer;
  private tail: Promise<unknown> = Promise.resolve();
  private cancelled = false;
  /** Is the program no longer listened to? */
  private muted = false;
  /** The program, or a decision about it, has failed: not a step. */
  bailed = false;
  private readonly outputs: Outputs;
  private readonly providers = new Map<string, Promise<string>>();
  private readonly stopped = deferred<void>();
  private readonly said = deferred<void>();
  private readonly over = deferred<void>();
  private program?: RunningProgram;

  constructor(
    readonly request: DeploymentRequest,
    private readonly reporter: Reporter,
    private readonly snapshot: SnapshotManager,
    base: ResourceState[],
    private readonly sdk: Sdk,
    private readonly runners: Runners,
  ) {
    this.context = newContext(request, reporter, base, {
      sdk,
      runners,
      engine: () => this.server.addressThere,
    });
    this.executor = new Executor(this.context, snapshot, () => this.cancelled, this.cancel);
    this.generator = new Generator(this.context);
    this.outputs = new Outputs(this.context, this.executor, snapshot, (error) => this.fail(error));
    this.server = new EngineServer(
      sdk,
      monitorService(sdk, this),
      engineService(sdk, reporter, () => this.muted),
      runners.socket,
    );
    if (request.signal.aborted) this.cancel();
    else request.signal.addEventListener("abort", this.cancel, { once: true });
  }

  get failed(): boolean {
    return this.executor.errored;
  }

  /** The root of the stack, as the program has registered it in this run. */
  get stack(): ResourceState | undefined {
    return [...this.context.news.values()].find(({ type }) => type === STACK_TYPE);
  }

  async run(): Promise<void> {
    const { request, context } = this;
    const { operation } = request;
    await this.server.listen();
    context.provider.prepare(context.base, runsProgram(operation));
    if (!(await this.begin())) return;
    if (this.misses("replaces")) return;
    if (operation !== "destroy") await this.runProgram();
    await this.tail;
    await this.executor.idle();
    // What the program no longer wants is known only when all that it wants is.
    if (!this.cancelled && (context.dryRun || this.reporter.errors === 0)) {
      this.misses("targets");
      await deleteUnwanted(context, this.generator, this.executor);
    }
    await this.executor.idle();
    this.outputs.finish(this.cancelled || this.failed || this.reporter.errors > 0);
  }

  /** What comes before the program; returns whether the run goes on. */
  private async begin(): Promise<boolean> {
    const { request, context } = this;
    const { operation } = request;
    const refreshes = operation === "refresh" || request.refresh;
    const looks = (refreshes || operation === "destroy") && context.base.length > 0;
    if (looks && [this.misses("targets"), this.misses("excludes")].includes(true)) return false;
    if (refreshes) {
      await this.refreshAll();
      return operation !== "refresh" && !this.cancelled;
    }
    if (!context.dryRun) pendingOperationsWarning(this.reporter, request.base);
    return true;
  }

  /** Whether something that was named isn't there, which is reported. */
  private misses(kind: Named): boolean {
    const found = reportMissing(this.context, kind, (urn) => this.generator.isKnown(urn));
    this.bailed ||= found;
    return found;
  }

  private async refreshAll(): Promise<void> {
    const stopped = () => this.request.signal.aborted;
    const executor = new Executor(this.context, this.snapshot, stopped, () => {}, true);
    await refresh(this.context, executor, this.snapshot);
    if (executor.errored) throw new Bail("refresh failed");
  }

  /** Ends the program, the provider and the server. */
  async close(): Promise<void> {
    this.request.signal.removeEventListener("abort", this.cancel);
    if (this.cancelled || this.reporter.errors > 0) {
      // What went wrong has been said; all that the program could add is that its engine is gone.
      this.muted = true;
      this.over.reject(new ShutDown("resource monitor shut down"));
    } else this.over.resolve();
    await this.program?.stop(PROGRAM_GRACE_MS);
    // It may end badly after all: a promise that nobody waited for.
    if (this.program && !this.cancelled) this.programFailed(await this.program.ended);
    await this.context.provider.close();
    this.server.close();
  }

  async register(goal: Goal): Promise<ResourceState> {
    inherit(goal, this.context.goals);
    if (goal.custom && !isProviderType(goal.type)) {
      goal.provider = await this.providerOf(goal.type);
    }
    const registered = new Promise<ResourceState>((done) => {
      this.serially(async () => {
        const steps = await this.generator.generate({ goal, done });
        if (!this.cancelled) await this.executor.submit(steps);
      });
    });
    return this.untilOver(registered);
  }

  async registerOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    const registered = new Promise<void>((done) => {
      this.serially(async () => {
        this.outputs.register(urn, outputs);
        done();
      });
    });
    return this.untilOver(registered);
  }

  async refuse(message: string): Promise<never> {
    this.serially(async () => {
      throw new Error(message);
    });
    return this.untilOver(new Promise<never>(() => {}));
  }

  finished(): Promise<void> {
    this.said.resolve();
    return this.over.promise;
  }

  resource(urn: string): ResourceState | undefined {
    return this.context.news.get(urn);
  }

  private async runProgram(): Promise<void> {
    const { reporter, request, sdk, server } = this;
    const onLine = (line: string, stream: "stdout" | "stderr") =>
      this.muted || reporter.line(line, stream, stream === "stdout" ? 1 : 2);
    this.program = this.runners.program(sdk, request, server.address, onLine);
    const end = await Promise.race([this.said.promise, this.program.ended, this.stopped.promise]);
    if (this.cancelled) return;
    if (end && !end.ok) this.programFailed(end);
    // Neither exit code 0 nor the SDK's word is enough: a program that calls process.exit()
    // half-way, or waits for what never comes, hasn't said what to keep. It tells the stack's
    // outputs last.
    else if (!this.outputs.complete) {
      this.fail(new Error("the program ended before it had registered all of its resources, so nothing is deleted"));
    }
  }

  private programFailed(end: ProgramEnd): void {
    if (end.ok) return;
    this.bailed = true;
    if (end.message) this.reporter.diagnostic("error", end.message);
    else if (this.reporter.errors + this.reporter.logged === 0) this.reporter.diagnostic("error", "the program failed");
    this.cancel();
  }

  /**
   * All dynamic resources have one provider, stack references another. Each has the name `default`
   * in the state.
   */
  private providerOf(type: string): Promise<string> {
    const builtin = type === STACK_REFERENCE;
    const provider = builtin ? BUILTIN_PROVIDER : PROVIDER_TYPE;
    const known = this.providers.get(provider);
    if (known) return known;
    const config = builtin ? {} : this.context.config;
    const reference = this.register(providerGoal(provider, config)).then(({ urn, id }) => `${urn}::${id}`);
    this.providers.set(provider, reference);
    return reference;
  }

  /** One decision at a time, in the order in which the program asks. */
  private serially(work: () => Promise<void>): void {
    this.tail = this.tail.then(async () => {
      if (this.cancelled) return;
      await work().catch((error) => this.fail(error));
    });
  }

  private fail(error: unknown): void {
    this.bailed = true;
    if (!(error instanceof Bail)) this.reporter.diagnostic("error", messageOf(error));
    this.cancel();
  }

  private untilOver<T>(promise: Promise<T>): Promise<T> {
    const ended = this.over.promise.then((): never => {
      throw new ShutDown("resource monitor shut down");
    });
    return Promise.race([promise, ended]);
  }

  private readonly cancel = (): void => {
    this.cancelled = true;
    this.stopped.resolve();
  };
}
