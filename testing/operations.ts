import {
  type DeploymentRequest,
  deploy,
  type EngineEvent,
  type Operation,
  ORGANIZATION,
  type PropertyMap,
  providerIn,
  type Snapshot,
} from "../engine/index.js";
import { IN_TESTS } from "./distribution.js";
import { type Host, TestHost } from "./host.js";
import type { Kernel } from "./kernel.js";
import { type Program, type ProgramOptions, prepare } from "./program.js";
import { Result, type Stack } from "./result.js";

/** How an operation is done. */
export interface OperationOptions {
  /**
   * Resources worked on at once, 1 or more at a time.
   *
   * @defaultValue `128`
   */
  parallel?: number;
  /**
   * Whether to read the resources from the host first.
   *
   * @defaultValue `false`
   */
  refresh?: boolean;
  /**
   * When it is aborted, the steps under way end, no other begins, and the operation fails.
   *
   * @defaultValue None: the operation runs to its end.
   */
  signal?: AbortSignal;
}

/** How an operation that runs a program is done. */
export interface ProgramOperationOptions extends OperationOptions, ProgramOptions {
  /**
   * An earlier operation, whose stack and host this one goes on with. Not together with `host`.
   *
   * @defaultValue None: a new stack.
   */
  after?: Result;
  /**
   * Host of a new stack.
   *
   * @defaultValue A fresh one.
   */
  host?: Host;
  /**
   * Outputs of other stacks, by the names that the program's stack references have.
   *
   * @defaultValue None: there is no other stack.
   */
  references?: Record<string, Record<string, unknown>>;
}

type AnyOptions = OperationOptions & Pick<ProgramOperationOptions, "references">;

/** An Error of an operation that failed. Its message has all that went wrong. */
export class OperationError extends Error {
  /** Name of the class. */
  override name = "OperationError";
  /**
   * What was done nevertheless, and what the host holds now. A host that was made for this
   * operation is closed.
   */
  declare readonly result: Result;

  /** @internal */
  constructor(
    operation: Operation,
    /** What went wrong, one error each. */
    readonly errors: string[],
    result: Result,
  ) {
    super(`${operation} failed: ${errors.join("\n")}`);
    // Who prints an error wants none of what the kernel holds.
    Object.defineProperty(this, "result", { value: result });
  }
}

/**
 * Runs a program and makes what it declares, as `pulumi up --skip-preview` does.
 *
 * @param program The program.
 * @param options On which host and stack, and how.
 * @returns What came of it.
 * @throws An OperationError where something fails, and what `createHost` throws.
 */
export const up = (program: Program, options: ProgramOperationOptions = {}): Promise<Result> =>
  runProgram("up", program, options);

/**
 * Runs a program and finds out what `up` would do, and what is wrong on the host. It changes
 * nothing.
 *
 * @param program The program.
 * @param options On which host and stack, and how.
 * @returns What came of it.
 * @throws An OperationError where something fails, and what `createHost` throws.
 */
export const preview = (program: Program, options: ProgramOperationOptions = {}): Promise<Result> =>
  runProgram("preview", program, options);

/**
 * Reads all resources of a stack from its host into the state.
 *
 * @param of An earlier operation on the stack.
 * @param options How it is done.
 * @returns What came of it.
 * @throws An OperationError where something fails.
 */
export const refresh = (of: Result, options: OperationOptions = {}): Promise<Result> =>
  operate("refresh", of.stack, options);

/**
 * Removes all resources of a stack. The host stays until it is closed.
 *
 * @param of An earlier operation on the stack.
 * @param options How it is done.
 * @returns What came of it.
 * @throws An OperationError where something fails.
 */
export const destroy = (of: Result, options: OperationOptions = {}): Promise<Result> =>
  operate("destroy", of.stack, options);

async function runProgram(
  operation: "up" | "preview",
  program: Program,
  { after, host, ...options }: ProgramOperationOptions,
): Promise<Result> {
  if (after && host) throw new Error(`${operation}: after and host are given; a stack stays on the host that it has`);
  const { project, stack: name } = after?.stack.prepared ?? {};
  const known = { ...(project ? { project: project.name } : {}), ...(name ? { stack: name } : {}) };
  const prepared = await prepare(program, { ...known, ...options });
  if (after) {
    after.stack.prepared = prepared;
    return operate(operation, after.stack, options);
  }
  const stack: Stack = { prepared, host: host ?? (await TestHost.create()), snapshot: undefined };
  try {
    return await operate(operation, stack, options);
  } catch (error) {
    if (!host) await stack.host.close();
    throw error;
  }
}

/** A program within this process has the process's SDK to itself. */
let turn: Promise<unknown> = Promise.resolve();

function operate(operation: Operation, stack: Stack, options: AnyOptions): Promise<Result> {
  const result = turn.then(() => operateNow(operation, stack, options));
  turn = result.catch(() => {});
  return result;
}

async function operateNow(operation: Operation, stack: Stack, options: AnyOptions): Promise<Result> {
  const { start, ...prepared } = stack.prepared;
  const host = stack.host as TestHost;
  const events: EngineEvent[] = [];
  const request: DeploymentRequest = {
    distribution: IN_TESTS,
    operation,
    ...prepared,
    organization: ORGANIZATION,
    stackOutputs: async (name) => {
      const outputs = options.references?.[name];
      if (!outputs)
        throw new Error(`unknown stack "${name}"; say what its outputs are: references: { "${name}": { … } }`);
      return JSON.parse(JSON.stringify(outputs)) as PropertyMap;
    },
    save: async (snapshot) => {
      // Through text, as a state file is.
      stack.snapshot = JSON.parse(JSON.stringify(snapshot)) as Snapshot;
    },
    onEvent: (event) => events.push(event),
    parallel: options.parallel ?? IN_TESTS.parallel,
    refresh: options.refresh ?? false,
    signal: options.signal ?? new AbortController().signal,
    ...(stack.snapshot ? { base: stack.snapshot } : {}),
  };
  const done = await deploy(request, { program: start, provider: providerIn(host.place()), socket: host.socket() });
  const kernel: Kernel = await host.kernel();
  const result = new Result(stack, events, done, kernel);
  if (done.status === "succeeded") return result;
  const errors = events.flatMap((event) =>
    "diagnosticEvent" in event && event.diagnosticEvent.severity === "error" ? [event.diagnosticEvent.message] : [],
  );
  const causes = errors.filter((text) => !/^(preview|update) (failed|canceled)$/.test(text));
  throw new OperationError(operation, causes.length > 0 ? causes : errors, result);
}
