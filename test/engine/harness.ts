import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../engine/deployment.js";
import type {
  DeploymentRequest,
  DeploymentResult,
  EngineEvent,
  Operation,
  ResourceState,
  Snapshot,
} from "../../engine/types.js";

/** The folder of the fixture program. */
export const PROGRAM = join(import.meta.dirname, "fixtures/program");

/** A resource, as the fixture program reads it. */
export interface FixtureResource {
  name: string;
  /** The name that the provider sees, when it differs. */
  as?: string;
  type?: string;
  component?: boolean;
  props?: Record<string, unknown>;
  opts?: Record<string, unknown>;
  outputsOf?: string;
  outputs?: Record<string, unknown>;
}

/** What the fixture program does. */
export interface FixtureProgram {
  resources?: FixtureResource[];
  outputs?: Record<string, unknown>;
  throws?: string;
  exits?: number;
  print?: string;
  log?: string;
  logOn?: string;
  parallel?: boolean;
  config?: string;
}

/** How the provider fails or answers, by `call name`. */
export type Faults = Record<string, unknown>;

export interface Call {
  op: string;
  name: string;
  id?: string;
  olds?: Record<string, unknown>;
  news?: Record<string, unknown>;
  props?: Record<string, unknown>;
  pid: number;
}

export interface Run {
  result: DeploymentResult;
  calls: Call[];
  events: EngineEvent[];
  saves: Snapshot[];
  /** Texts of the diagnostics of a severity. */
  told(severity: string): string[];
}

/** What the fixture program and its provider read from their environment. */
export function environment(log: string, program: FixtureProgram, faults: Faults): Record<string, string> {
  return {
    HOSTNET_TEST_LOG: log,
    HOSTNET_TEST_FAULTS: JSON.stringify(faults),
    HOSTNET_TEST_PROGRAM: JSON.stringify(program),
    HOSTNET_TEST_PROVIDER: join(PROGRAM, "provider.js"),
  };
}

/** What the fixture provider has written down. */
export function readCalls(log: string): Call[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Call);
}

/** One stack and its state, on which operations run one after the other. */
export class Stack {
  private readonly folder = mkdtempSync(join(tmpdir(), "hostnet-engine-"));
  state: Snapshot | undefined;

  constructor(private readonly defaults: Partial<DeploymentRequest> = {}) {}

  async run(
    operation: Operation,
    program: FixtureProgram = {},
    faults: Faults = {},
    request: Partial<DeploymentRequest> = {},
  ): Promise<Run> {
    const log = join(this.folder, "calls.log");
    writeFileSync(log, "");
    const saves: Snapshot[] = [];
    const events: EngineEvent[] = [];
    Object.assign(process.env, environment(log, program, faults));
    const result = await deploy({
      operation,
      project: { name: "fixture", root: PROGRAM, options: { typescript: false } },
      stack: "t",
      organization: "organization",
      config: {},
      secretKeys: [],
      base: this.state,
      save: async (snapshot) => {
        // Through text, as a state file is.
        this.state = JSON.parse(JSON.stringify(snapshot)) as Snapshot;
        saves.push(this.state);
      },
      onEvent: (event) => events.push(event),
      parallel: 1,
      refresh: false,
      signal: new AbortController().signal,
      ...this.defaults,
      ...request,
    });
    const told = (severity: string) =>
      events.flatMap((event) =>
        "diagnosticEvent" in event && event.diagnosticEvent.severity === severity
          ? [event.diagnosticEvent.message]
          : [],
      );
    return { result, calls: readCalls(log), events, saves, told };
  }

  /** The resource of that name in the state. */
  resource(name: string): ResourceState | undefined {
    return this.state?.resources.find((state) => state.urn.endsWith(`::${name}`));
  }

  /** `name` of each resource in the state, in its order, without the root and the provider; `name*` is to be deleted. */
  names(): string[] {
    return (this.state?.resources ?? [])
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map((state) => state.urn.split("::").pop() + (state.delete ? "*" : "") + (state.pendingReplacement ? "!" : ""));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The calls as `op name`. */
export const brief = (calls: Call[]): string[] => calls.map(({ op, name }) => `${op} ${name}`);

/** The calls that change something. */
export const effects = (calls: Call[]): string[] =>
  brief(calls.filter(({ op }) => op === "create" || op === "update" || op === "delete"));
