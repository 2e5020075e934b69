import type { EngineEvent, PropertyMap, ResourceState, StepMetadata } from "../model/types.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import { maskPlain } from "./values.js";
import { isStack } from "./words.js";

interface Step {
  op: string;
  urn: string;
  [other: string]: unknown;
}

/** `--json` of a preview: one document at the end, as the CLI writes it. */
export class JsonDigestDisplay implements Display {
  private readonly steps: Step[] = [];
  private readonly refreshing = new Set<string>();
  private readonly diagnostics: object[] = [];

  constructor(private readonly options: DisplayOptions) {}

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) this.step(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.refreshed(event.resOutputsEvent.metadata);
    else if ("stdoutEvent" in event) this.diagnostics.push({ message: event.stdoutEvent.message, severity: "info" });
    else if ("diagnosticEvent" in event) {
      const { urn, message, severity, ephemeral } = event.diagnosticEvent;
      if (ephemeral || severity === "debug") return;
      const prefix = severity === "error" || severity === "warning" ? `${severity}: ` : "";
      this.diagnostics.push({ ...(urn ? { urn } : {}), message: prefix + message, severity });
    }
  }

  end(ending: Ending): void {
    const digest = {
      ...(Object.keys(this.options.config).length > 0 ? { config: this.options.config } : {}),
      ...(this.steps.length > 0 ? { steps: this.steps } : {}),
      ...(this.diagnostics.length > 0 ? { diagnostics: this.diagnostics } : {}),
      duration: Math.round(ending.seconds * 1e9),
      ...(Object.keys(ending.changes).length > 0 ? { changeSummary: ending.changes } : {}),
    };
    this.options.out(`${JSON.stringify(digest, null, 4)}\n`);
  }

  private step(metadata: StepMetadata): void {
    const { op, urn, logical } = metadata;
    const replacement =
      op === "create-replacement" || op === "delete-replaced" || (op === "replace" && logical === false);
    if ((op === "same" || replacement) && !isStack(urn)) return;
    if (op === "refresh") this.refreshing.add(urn);
    this.steps.push(stepOf(metadata));
  }

  /** What a refresh found takes the place of the step that looked. */
  private refreshed(metadata: StepMetadata): void {
    const { op, urn, detailedDiff } = metadata;
    if (!this.refreshing.has(urn) || !((op === "update" && detailedDiff) || op === "delete")) return;
    const index = this.steps.findIndex((step) => step.urn === urn);
    if (index >= 0) this.steps[index] = stepOf(metadata);
  }
}

function stepOf(metadata: StepMetadata): Step {
  const { op, urn, provider, old, new: after, diffs, keys, detailedDiff } = metadata;
  const details = Object.entries(detailedDiff ?? {}).map(([path, { diffKind, inputDiff }]) => [
    path,
    { kind: diffKind, inputDiff },
  ]);
  return {
    op,
    urn,
    ...(provider ? { provider } : {}),
    ...(old ? { oldState: stateOf(old) } : {}),
    ...(after ? { newState: stateOf(after) } : {}),
    ...(diffs?.length ? { diffReasons: diffs } : {}),
    ...(keys?.length ? { replaceReasons: keys } : {}),
    detailedDiff: detailedDiff ? Object.fromEntries(details) : null,
  };
}

function stateOf(state: ResourceState): object {
  const { inputs, outputs } = state;
  const masked = { ...state };
  for (const [key, map] of Object.entries({ inputs, outputs })) {
    if (map === undefined || Object.keys(map).length === 0) delete masked[key];
    else masked[key] = maskPlain(map) as PropertyMap;
  }
  return masked;
}
