import { type Context, liveResources } from "./context.js";
import { deferred } from "./deferred.js";
import { DependencyGraph, deletions, schedule } from "./deletes.js";
import { deepEquals } from "./difference.js";
import { engineService } from "./engine-service.js";
import { Bail, messageOf } from "./errors.js";
import { Executor } from "./executor.js";
import { Generator } from "./generator.js";
import type { Goal } from "./goal.js";
import { monitorService, type Registrar } from "./monitor.js";
import { admit, configProperties, pendingOperationsWarning } from "./preflight.js";
import { type ProgramEnd, programPlace, startProgram } from "./program.js";
import { DynamicProvider } from "./provider.js";
import { refresh } from "./refresh.js";
import { Reporter } from "./reporter.js";
import { loadSdk, type Sdk } from "./sdk.js";
import { EngineServer, ShutDown } from "./server.js";
import { SnapshotManager } from "./snapshot.js";
import type { Step } from "./step.js";
import type { DeploymentRequest, DeploymentResult, PropertyMap, ResourceState } from "./types.js";
import { isProviderType, PROVIDER_TYPE, STACK_TYPE } from "./urn.js";

/** How long a program may go on after its run has come to an end. */
const PROGRAM_GRACE_MS = 5000;

/** Runs one operation on one stack: a preview, an up, a refresh or a destroy. Never throws: what fails is told as a diagnostic. */
export async function deploy(request: DeploymentRequest): Promise<DeploymentResult> {
  const reporter = new Reporter(request.onEvent, request.operation === "preview", request.operation === "refresh");
  reporter.prelude(request.config, request.secretKeys);
  const base = (request.base?.resources ?? []).map((state) => ({ ...state }));
  const dryRun = request.operation === "preview";
  const snapshot = new SnapshotManager(base, request.base, dryRun ? undefined : request.save);
  let deployment: Deployment | undefined;
  try {
    admit(base);
    deployment = new Deployment(request, reporter, snapshot, base, loadSdk(programPlace(request.project).folder));
    await deployment.run();
  } catch (error) {
    if (!(error instanceof Bail)) reporter.diagnostic("error", messageOf(error));
  }
  try {
    await deployment?.close();
    await snapshot.flush();
  } catch (error) {
    reporter.diagnostic("error", messageOf(error));
  }
  const canceled = request.signal.aborted;
  const failed = reporter.errors > 0 || deployment?.failed === true;
  // Who has stopped for a reason that was told needs no other word; the CLI has none either.
  if (!deployment?.bailed && (failed || canceled)) {
    reporter.diagnostic("error", `${dryRun ? "preview" : "update"} ${failed ? "failed" : "canceled"}`);
  }
  reporter.summary();
  const last = snapshot.last;
  const stack = deployment?.stack ?? last.resources.find(({ type, delete: gone }) => type === STACK_TYPE && !gone);
  return {
    status: canceled ? "canceled" : failed ? "failed" : "succeeded",
    changes: reporter.changes,
    snapshot: last,
    outputs: stack?.outputs ?? {},
  };
}

class Deployment implements Registrar {
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
  private stackOutputs?: { urn: string; outputs: PropertyMap };
  private providerReference?: Promise<string>;
  private readonly stopped = deferred<void>();
  private readonly said = deferred<void>();
  private readonly over = deferred<void>();
  private program?: ReturnType<typeof startProgram>;

  constructor(
    readonly request: DeploymentRequest,
    private readonly reporter: Reporter,
    private readonly snapshot: SnapshotManager,
    base: ResourceState[],
    private readonly sdk: Sdk,
  ) {
    const { project, operation } = request;
    const provider = new DynamicProvider({
      sdk,
      cwd: programPlace(project).folder,
      project: project.name,
      env: process.env,
      engine: () => this.server.address,
      onLine: (line, stream) => reporter.line(line, stream, stream === "stdout" ? 3 : 4),
    });
    const old = base.find(({ type, delete: gone }) => type === PROVIDER_TYPE && !gone);
    const runsProgram = operation === "preview" || operation === "up";
    provider.config = runsProgram ? configProperties(request) : (old?.inputs ?? {});
    this.context = {
      request,
      dryRun: operation === "preview",
      reporter,
      provider,
      base,
      olds: liveResources(base),
      news: new Map(),
      goals: new Map(),
      deletes: new Set(),
    };
    this.executor = new Executor(this.context, snapshot, () => this.cancelled, this.cancel);
    this.generator = new Generator(this.context);
    this.server = new EngineServer(
      sdk,
      monitorService(sdk, this),
      engineService(sdk, reporter, () => this.muted),
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
    if (operation === "refresh" || request.refresh) {
      const executor = new Executor(
        context,
        this.snapshot,
        () => request.signal.aborted,
        () => {},
        true,
      );
      await refresh(context, executor, this.snapshot);
      if (executor.errored) throw new Bail("refresh failed");
      if (operation === "refresh" || this.cancelled) return;
    } else if (!context.dryRun) pendingOperationsWarning(this.reporter, request.base);

    if (operation !== "destroy") await this.runProgram();
    await this.tail;
    await this.executor.idle();
    // Only who knows all that the program wants knows what it no longer wants.
    if (!this.cancelled && this.reporter.errors === 0) await this.delete();
    await this.executor.idle();
    if (this.stackOutputs) this.completeStack(this.stackOutputs);
  }

  /** Ends the program, the provider and the server. */
  async close(): Promise<void> {
    this.request.signal.removeEventListener("abort", this.cancel);
    if (this.cancelled || this.reporter.errors > 0) {
      // What went wrong has been said; all that the program could add is that its engine is gone.
      this.muted = true;
      this.over.reject(new ShutDown("resource monitor shut down"));
    } else this.over.resolve();
    await this.program?.child.stop(PROGRAM_GRACE_MS);
    // It may end badly after all: a promise that nobody waited for.
    if (this.program && !this.cancelled) this.programFailed(await this.program.ended);
    await this.context.provider.close();
    this.server.close();
  }

  async register(goal: Goal): Promise<ResourceState> {
    this.inherit(goal);
    if (goal.custom && !isProviderType(goal.type)) {
      this.providerReference ??= this.registerProvider();
      goal.provider = await this.providerReference;
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
        if (urn.split("::")[2] === STACK_TYPE) this.stackOutputs = { urn, outputs };
        else this.complete(urn, outputs);
        done();
      });
    });
    return this.untilOver(registered);
  }

  async refuse(name: string, message: string): Promise<never> {
    this.serially(async () => {
      throw new Error(`resource '${name}': ${message}`);
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
    const { child, ended } = startProgram(sdk, request, server.address, server.address, onLine);
    this.program = { child, ended };
    const end = await Promise.race([this.said.promise, ended, this.stopped.promise]);
    if (this.cancelled) return;
    if (end && !end.ok) this.programFailed(end);
    // Neither exit code 0 nor the SDK's word is enough: who calls process.exit() half-way, or waits for what never comes,
    // hasn't said what to keep. The outputs of the stack are the last that a program tells.
    else if (!this.stackOutputs) {
      this.fail(new Error("the program ended before it had registered all of its resources, so nothing is deleted"));
    }
  }

  private programFailed(end: ProgramEnd): void {
    if (end.ok) return;
    this.bailed = true;
    if (end.message) this.reporter.diagnostic("error", end.message);
    else if (this.reporter.errors === 0) this.reporter.diagnostic("error", "the program failed");
    this.cancel();
  }

  private async delete(): Promise<void> {
    const { context, executor } = this;
    const graph = new DependencyGraph(context.base);
    const steps = deletions(context, this.generator);
    for (const group of schedule(graph, context.base, steps)) {
      const needed = new Set(executor.stopped.flatMap(({ old }) => [...graph.transitive(old!)]));
      await executor.parallel(group.filter(({ old }) => !needed.has(old!)));
    }
  }

  private complete(urn: string, outputs: PropertyMap): void {
    const step = this.executor.registered.get(urn);
    if (!step) throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    this.executor.registered.delete(urn);
    this.setOutputs(step, outputs);
  }

  private completeStack({ urn, outputs }: { urn: string; outputs: PropertyMap }): void {
    const step = this.executor.registered.get(urn);
    if (!step) return;
    // After a failure what an earlier run has left is still there.
    const failed = this.cancelled || this.failed || this.reporter.errors > 0;
    this.setOutputs(step, failed ? { ...this.context.olds.get(urn)?.outputs, ...outputs } : outputs);
  }

  private setOutputs(step: Step, outputs: PropertyMap): void {
    step.new!.outputs = outputs;
    this.reporter.outputs(step);
    if (step.old && deepEquals(step.old.outputs ?? {}, outputs)) return;
    this.snapshot.write().catch((error) => this.fail(error));
  }

  /** All dynamic resources have one provider; it stands in the state under the name `default`. */
  private async registerProvider(): Promise<string> {
    const none = { dependencies: [], ignoreChanges: [], additionalSecretOutputs: [], aliases: [] };
    const state = await this.register({
      ...{ ...none, replaceOnChanges: [], replaceWith: [], hideDiff: [], propertyDependencies: {} },
      ...{ type: PROVIDER_TYPE, name: "default", custom: true, properties: this.context.provider.config },
    });
    return `${state.urn}::${state.id}`;
  }

  private inherit(goal: Goal): void {
    const parent = goal.parent && this.context.goals.get(goal.parent);
    if (!parent) return;
    goal.deletedWith ??= parent.deletedWith;
    goal.protect ??= parent.protect;
    goal.retainOnDelete ??= parent.retainOnDelete;
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
