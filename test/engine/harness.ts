import { HOSTNET } from "../../bin/distribution.js";
import { deploy } from "../../engine/deployment/deployment.js";
import { PROCESSES } from "../../engine/deployment/runners.js";
import type {
  DeploymentRequest,
  DeploymentResult,
  EngineEvent,
  Operation,
  ResourceState,
  Snapshot,
} from "../../engine/model/types.js";
import type { Call, Faults, FixtureProgram } from "./fixture.js";
import { inProcess, OWN } from "./in-process.js";
import { type Action, interrupt } from "./scenarios/scenario.js";
import { PROGRAM, prepare, readCalls } from "./surroundings.js";

export { PROGRAM } from "./surroundings.js";

export interface Run {
  result: DeploymentResult;
  calls: Call[];
  events: EngineEvent[];
  saves: Snapshot[];
  /** Texts of the diagnostics of a severity. */
  told(severity: string): string[];
}

/** One stack and its state, on which operations run one after the other. */
export class Stack {
  state: Snapshot | undefined;

  constructor(
    private readonly defaults: Partial<DeploymentRequest> = {},
    /**
     * Whether program and provider run in processes, as they do for users. Kept in this process
     * they are many times faster.
     */
    private readonly processes = true,
    /** Whether the resources are served in the engine's process. */
    private readonly own = false,
  ) {}

  async run(
    operation: Operation,
    program: FixtureProgram = {},
    faults: Faults = {},
    request: Partial<DeploymentRequest> = {},
  ): Promise<Run> {
    prepare(program, faults);
    const saves: Snapshot[] = [];
    const events: EngineEvent[] = [];
    const asked: DeploymentRequest = {
      distribution: this.own ? { ...HOSTNET, packages: OWN } : HOSTNET,
      operation,
      project: { name: "fixture", root: PROGRAM, options: { typescript: false } },
      stack: "t",
      organization: "organization",
      config: {},
      secretKeys: [],
      base: this.state,
      stackOutputs: async (name) => {
        if (name !== "organization/fixture/t") throw new Error(`unknown stack "${name}"`);
        return this.state?.resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
      },
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
    };
    // How a program ends by itself is a matter of its own process.
    const apart = this.processes || program.throws !== undefined || program.exits !== undefined;
    const runners = apart ? PROCESSES : inProcess(program);
    const result = await deploy(asked, runners);
    const told = (severity: string) =>
      events.flatMap((event) =>
        "diagnosticEvent" in event && event.diagnosticEvent.severity === severity
          ? [event.diagnosticEvent.message]
          : [],
      );
    return { result, calls: readCalls(), events, saves, told };
  }

  /** One action of a scenario. */
  act({ op, program, faults, refresh = false, dryRun = false, scope = {}, interrupted }: Action): Promise<Run> {
    if (interrupted) this.state = interrupt(this.state!, interrupted);
    return this.run(op, program, faults, { refresh, dryRun, scope });
  }

  /** The resource of that name in the state. */
  resource(name: string): ResourceState | undefined {
    return this.state?.resources.find((state) => state.urn.endsWith(`::${name}`));
  }

  /**
   * The resources in the state's order, without the root and the provider. `name*` is to be
   * deleted, `name!` to be replaced.
   */
  names(): string[] {
    return (this.state?.resources ?? [])
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map((state) => state.urn.split("::").pop() + (state.delete ? "*" : "") + (state.pendingReplacement ? "!" : ""));
  }
}

/** The calls as `op name`. */
export const brief = (calls: Call[]): string[] => calls.map(({ op, name }) => `${op} ${name}`);

/** The calls that change something. */
export const effects = (calls: Call[]): string[] =>
  brief(calls.filter(({ op }) => op === "create" || op === "update" || op === "delete"));
