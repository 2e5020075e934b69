import { isSecret, SECRET, SIGNATURE } from "../model/properties.js";
import type { EngineEvent, PropertyMap, PropertyValue, ResourceState, StepMetadata } from "../model/types.js";
import type { Display, DisplayOptions, Ending } from "./display.js";

/** `--json` of what changes something: each event on a line, as the CLI writes them. */
export class JsonLinesDisplay implements Display {
  private sequence = 0;

  constructor(private readonly options: DisplayOptions) {
    this.write({ preludeEvent: { config: options.config } });
  }

  event(event: EngineEvent): void {
    // These three belong to the whole operation, and this display writes them itself.
    if ("preludeEvent" in event || "summaryEvent" in event || "cancelEvent" in event) return;
    if ("diagnosticEvent" in event) {
      const { urn, message, ...rest } = event.diagnosticEvent;
      const severe = rest.severity === "error" || rest.severity === "warning" || rest.severity === "debug";
      const prefix = severe ? `${rest.severity}: ` : "";
      this.write({ diagnosticEvent: { ...(urn ? { urn } : {}), ...(prefix ? { prefix } : {}), message, ...rest } });
    } else if ("stdoutEvent" in event) this.write(event);
    else {
      const [[name, body]] = Object.entries(event) as [[string, { metadata: StepMetadata }]];
      this.write({ [name]: { ...body, metadata: maskStep(body.metadata) } });
    }
  }

  end(ending: Ending): void {
    this.write({
      summaryEvent: {
        maybeCorrupt: false,
        durationSeconds: Math.ceil(ending.seconds),
        resourceChanges: ending.changes,
        PolicyPacks: {},
        isPreview: this.options.dryRun,
        result: ending.status === "succeeded" ? "succeeded" : "failed",
      },
    });
    this.write({ cancelEvent: {} });
  }

  private write(event: object): void {
    const stamp = { sequence: this.sequence++, timestamp: Math.floor(Date.now() / 1000) };
    this.options.out(`${JSON.stringify({ ...stamp, ...event })}\n`);
  }
}

function maskStep(metadata: StepMetadata): object {
  const { op, urn, type, old, new: after, keys, diffs, detailedDiff, logical, provider } = metadata;
  return {
    op,
    urn,
    type,
    ...(old ? { old: stateOf(old) } : {}),
    ...(after ? { new: stateOf(after) } : {}),
    ...(keys?.length ? { keys } : {}),
    ...(diffs?.length ? { diffs } : {}),
    detailedDiff: detailedDiff ?? null,
    ...(logical ? { logical } : {}),
    provider,
  };
}

/** The part of a state that the CLI puts into an event. */
function stateOf(state: ResourceState): object {
  const { type, urn, custom, id, parent, protect, initErrors, inputs, outputs, provider } = state;
  return {
    type,
    urn,
    ...(custom ? { custom } : {}),
    ...(state.delete ? { delete: true } : {}),
    id: id ?? "",
    parent: parent ?? "",
    ...(protect ? { protect } : {}),
    inputs: mask(inputs ?? {}),
    outputs: mask(outputs ?? {}),
    provider: provider ?? "",
    ...(initErrors?.length ? { initErrors } : {}),
  };
}

/** Secrets keep their mark and lose their value. */
function mask(value: PropertyValue): PropertyValue {
  if (isSecret(value)) return { [SIGNATURE]: SECRET, ciphertext: "[secret]" };
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value as PropertyMap).map(([key, item]) => [key, mask(item)]));
}
