import type { Display, DisplayOptions, Ending } from "../display/display.js";
import { JsonDigestDisplay } from "../display/json-digest.js";
import { JsonLinesDisplay } from "../display/json-lines.js";
import { LineDisplay } from "../display/lines.js";
import { DiffDisplay } from "../display/rich-diff.js";
import { TreeDisplay } from "../display/tree.js";
import { headline } from "../display/words.js";
import type { DeploymentRequest, DeploymentResult, EngineEvent, PropertyMap, Snapshot } from "../model/types.js";
import { rootOf } from "../model/urn.js";
import type { Surroundings } from "./surroundings.js";
import { UnderWay } from "./under-way.js";

/** One call of the engine and what came of it. */
export interface Run {
  result: DeploymentResult;
  events: EngineEvent[];
  ending: Ending;
  /** Seconds since 1970. */
  started: number;
  ended: number;
}

/** Which of the displays to use. */
export interface Look {
  json: boolean;
  diff: boolean;
}

const now = () => Math.floor(Date.now() / 1000);

/** Lets the engine work and shows what it does. */
export async function runDeployment(
  request: Omit<DeploymentRequest, "onEvent">,
  options: DisplayOptions,
  look: Look,
  surroundings: Surroundings,
): Promise<Run> {
  if (!look.json) options.out(`${headline(options.operation, options.dryRun, options.stack)}\n`);
  const display = chooseDisplay(options, look, request.project.name, surroundings);
  const events: EngineEvent[] = [];
  const started = now();
  const clock = performance.now();
  const underWay = new UnderWay();
  const stopping = () => surroundings.err(underWay.watch());
  if (!options.dryRun) request.signal.addEventListener("abort", stopping, { once: true });
  const result = await surroundings.deploy({
    ...request,
    onEvent(event) {
      if (options.dryRun) events.push(event);
      underWay.event(event);
      display.event(event);
    },
  });
  const ending: Ending = {
    status: result.status,
    changes: result.changes,
    seconds: (performance.now() - clock) / 1000,
    outputsBefore: rootOf(request.base?.resources) && stackOutputs(request.base),
    outputs: showsOutputs(options, result) ? result.outputs : undefined,
  };
  display.end(ending);
  request.signal.removeEventListener("abort", stopping);
  surroundings.err(underWay.conclusion());
  return { result, events, ending, started, ended: now() };
}

function chooseDisplay(
  options: DisplayOptions,
  look: Look,
  project: string,
  { interactive, screen }: Surroundings,
): Display {
  if (look.json) return options.dryRun ? new JsonDigestDisplay(options) : new JsonLinesDisplay(options);
  if (look.diff) return new DiffDisplay(options);
  return interactive && screen ? new TreeDisplay(options, project, screen) : new LineDisplay(options, project);
}

/** What is being destroyed has no outputs, and a preview that failed doesn't know them. */
function showsOutputs({ operation, dryRun }: DisplayOptions, { status }: DeploymentResult): boolean {
  return operation !== "destroy" && !(dryRun && status !== "succeeded");
}

/** The outputs of the stack in a state. */
export const stackOutputs = (snapshot: Snapshot | undefined): PropertyMap => rootOf(snapshot?.resources)?.outputs ?? {};
