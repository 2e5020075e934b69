import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { type ConfigValue, resolveConfig } from "../config/values.js";
import type { DisplayOptions } from "../display/display.js";
import { nounOf } from "../display/words.js";
import { messageOf } from "../model/errors.js";
import { type DeploymentRequest, type Operation, runsProgram, type Scope } from "../model/types.js";
import { programPlace } from "../program/place.js";
import { loadSdk } from "../protocol/sdk.js";
import { addToHistory } from "../state/history.js";
import { ORGANIZATION, type StackReference } from "../state/names.js";
import { StackStore } from "../state/store.js";
import { requireTypes } from "./config-schema.js";
import { confirm, requireConfirmation } from "./confirm.js";
import { type Run, runDeployment } from "./deployment-run.js";
import { alreadyShown, CliError, EXIT } from "./errors.js";
import { Interruption } from "./interruption.js";
import type { OperationFlags } from "./operation-flags.js";
import { otherStack } from "./other-stack.js";
import { readPassphrase, stackCrypter } from "./passphrase.js";
import { type ProjectFile, requireMain } from "./project.js";
import { openProject, requireSameProject, requireStack, stackSettings } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

/** `up`, `preview`, `refresh` and `destroy`. */
export async function operate(operation: Operation, flags: OperationFlags, surroundings: Surroundings): Promise<void> {
  requireConfirmation(operation, flags, surroundings);
  const { distribution } = surroundings;
  const workspace = await openProject(surroundings);
  const { project, backend } = workspace;
  if (runsProgram(operation)) requireMain(project);
  const stack = await requireStack(workspace, flags.stack, surroundings.env);
  requireSameProject(project, stack);
  const settings = await stackSettings(project, stack, distribution.command);
  const interruption = new Interruption(surroundings);
  const drop = runsProgram(operation) ? surroundings.hold(project, distribution.command) : undefined;
  try {
    const [crypter] = await Promise.all([stackCrypter(settings, backend, stack, surroundings), meanwhileLoad(project)]);
    const config = settings.config(project.name);
    const { values, secretKeys } = resolveConfig(complete(config, project, stack), (text) => crypter.decrypt(text));
    requireTypes(project.types, config, values, { stack: stack.name, project: project.name });
    if (operation !== "preview") {
      interruption.lock = await backend.lock(stack);
      for (const line of interruption.lock.takenOver)
        surroundings.err(`warning: took over the lock of a run that was killed: ${line}\n`);
    }
    const store = await StackStore.open(backend, stack, crypter, () => readPassphrase(surroundings));
    const request: Omit<DeploymentRequest, "onEvent"> = {
      distribution,
      operation,
      project,
      stack: stack.name,
      organization: ORGANIZATION,
      config: values,
      secretKeys,
      stackOutputs: (name) => otherStack(workspace, name, surroundings),
      save: (snapshot) => store.save(snapshot),
      parallel: flags.parallel ?? Math.max(distribution.parallel, 4 * availableParallelism()),
      refresh: flags.refresh ?? false,
      scope: scopeOf(flags),
      signal: interruption.signal,
      ...(store.base ? { base: store.base } : {}),
    };
    try {
      const run = await previewAndRun(request, displayOptions(request, flags, surroundings), flags, surroundings);
      if (run === undefined) return;
      await store.settled();
      const entry = {
        kind: nounOf(operation) as "update" | "refresh" | "destroy",
        startTime: run.started,
        endTime: run.ended,
        message: flags.message ?? "",
        environment: { "exec.kind": distribution.command },
        config,
        result: run.result.status === "succeeded" ? ("succeeded" as const) : ("failed" as const),
        resourceChanges: run.result.changes,
      };
      // What was done is done, and the state has it.
      await addToHistory(backend, stack, entry).catch((error) =>
        surroundings.err(`warning: this ${entry.kind} isn't in the stack's history: ${messageOf(error)}\n`),
      );
      conclude(operation, run, flags, stack, surroundings);
    } finally {
      await store.settled();
    }
  } finally {
    drop?.();
    await interruption.lock?.release();
    interruption.end();
  }
}

/** Deriving the key takes another thread a third of a second. Meanwhile this one loads modules. */
async function meanwhileLoad(project: ProjectFile): Promise<void> {
  await setImmediate();
  await import("../deployment/deployment.js");
  try {
    loadSdk(programPlace(project).folder);
  } catch {
    // The deployment says so.
  }
}

/** What the flags limit the operation to. */
function scopeOf(flags: OperationFlags): Scope {
  const { target = [], targetReplace = [], exclude = [], replace = [], targetDependents, excludeDependents } = flags;
  const targets = [...target, ...targetReplace];
  if (targets.length > 0 && exclude.length > 0) {
    throw new CliError(
      "if any flags in the group [target exclude] are set none of the others can be; [exclude target] were all set",
    );
  }
  const dependents = { targetDependents: targetDependents ?? false, excludeDependents: excludeDependents ?? false };
  return { targets, excludes: exclude, replaces: [...replace, ...targetReplace], ...dependents };
}

/** Returns the run that changed something; undefined when only a preview was asked for. */
async function previewAndRun(
  request: Omit<DeploymentRequest, "onEvent">,
  options: DisplayOptions,
  flags: OperationFlags,
  surroundings: Surroundings,
): Promise<Run | undefined> {
  const look = { json: flags.json ?? false, diff: flags.diff ?? false };
  const { operation } = request;
  const previewOnly = operation === "preview" || flags.previewOnly;
  if (previewOnly || !flags.skipPreview) {
    const preview = { ...options, dryRun: true };
    const run = await runDeployment(asPreview(request), preview, look, surroundings);
    refuseFailure(run);
    if (previewOnly) {
      expectNoChanges(operation, run, flags);
      return undefined;
    }
    if (!flags.yes && surroundings.interactive) await confirm(preview, run, surroundings);
    if (request.signal.aborted) throw cancelled();
  }
  return runDeployment(request, options, look, surroundings);
}

/** The same request, with nothing to be changed by it. */
function asPreview(request: Omit<DeploymentRequest, "onEvent">): Omit<DeploymentRequest, "onEvent"> {
  const { operation, base, distribution } = request;
  return {
    ...request,
    ...(runsProgram(operation) ? { operation: "preview" } : { dryRun: true }),
    save: () =>
      Promise.reject(
        new Error(`a preview tried to write the state; please report this as a bug of ${distribution.command}`),
      ),
    ...(base ? { base: structuredClone(base) } : {}),
  };
}

/** The display has shown why; like the CLI this ends as any failure does. */
const cancelled = () => alreadyShown();

function refuseFailure({ result }: Run): void {
  if (result.status === "canceled") throw cancelled();
  if (result.status === "failed") throw alreadyShown();
}

function conclude(
  operation: Operation,
  run: Run,
  flags: OperationFlags,
  stack: StackReference,
  { out, distribution }: Surroundings,
): void {
  refuseFailure(run);
  if (operation === "destroy" && !flags.json) {
    out(
      "The resources in the stack have been deleted, but the history and configuration associated with the stack are still maintained. \n" +
        `If you want to remove the stack completely, run \`${distribution.command} stack rm ${stack.name}\`.\n`,
    );
  }
  expectNoChanges(operation, run, flags);
}

function expectNoChanges(operation: Operation, { result }: Run, { expectChanges }: OperationFlags): void {
  const changed = Object.entries(result.changes).some(([op, count]) => op !== "same" && op !== "read" && count > 0);
  if (expectChanges || !changed) return;
  const noun = operation === "preview" ? "preview" : nounOf(operation);
  throw new CliError(`no changes were expected for ${noun} but changes were proposed`, EXIT.noChangesExpected);
}

function displayOptions(
  { operation, stack, config, secretKeys }: Omit<DeploymentRequest, "onEvent">,
  flags: OperationFlags,
  { out, err, colors }: Surroundings,
): DisplayOptions {
  const masked = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    operation,
    dryRun: false,
    stack,
    showSecrets: flags.showSecrets ?? false,
    colors: colors && !flags.json,
    config: Object.fromEntries(masked.map(([key, value]) => [key, secretKeys.includes(key) ? "[secret]" : value])),
    out,
    err,
  };
}

/** The stack's configuration, and the project's where the stack says nothing. */
function complete(
  config: Record<string, ConfigValue>,
  project: ProjectFile,
  stack: StackReference,
): Record<string, ConfigValue> {
  const missing = project.required.filter((key) => !(key in config));
  if (missing.length > 0) {
    const cures = missing.map((key) => `pulumi config set ${key} <value> (or write it into Pulumi.${stack.name}.yaml)`);
    throw new CliError(`stack '${stack.name}' is missing the configuration ${missing.join(", ")}: ${cures.join("; ")}`);
  }
  return { ...project.defaults, ...config };
}
