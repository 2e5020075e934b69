import type { Display, DisplayOptions, Ending } from "../../engine/display/display.js";
import { LineDisplay } from "../../engine/display/lines.js";
import { printable } from "../../engine/display/printable.js";
import type { EngineEvent, ResourceState, StepMetadata, StepOp } from "../../engine/model/types.js";
import { STACK_TYPE, stackUrn } from "./cli-world.js";

export const TYPE = "pulumi-nodejs:dynamic/hostnet:Bridge";
export const urn = `urn:pulumi:dev::shop::${TYPE}::home`;
export const state = (inputs: object, more: object = {}): ResourceState => {
  const __provider = "exports.handler";
  return {
    urn,
    custom: true,
    type: TYPE,
    parent: stackUrn,
    inputs: { ...inputs, __provider },
    outputs: { ...inputs, __provider },
    ...more,
  };
};
export const step = (op: StepOp, old?: ResourceState, now?: ResourceState, more: object = {}): StepMetadata => ({
  ...{ op, urn, type: TYPE, provider: "p" },
  ...(old ? { old } : {}),
  ...(now ? { new: now } : {}),
  ...more,
});
export const stack: StepMetadata = { op: "same", urn: stackUrn, type: STACK_TYPE, provider: "" };
export const pre = (metadata: StepMetadata): EngineEvent => ({ resourcePreEvent: { metadata } });
export const post = (metadata: StepMetadata): EngineEvent => ({ resOutputsEvent: { metadata } });
export const say = (
  severity: "error" | "warning" | "info" | "debug",
  message: string,
  about?: string,
): EngineEvent => ({
  diagnosticEvent: { message, severity, color: "never", ...(about ? { urn: about } : {}) },
});

export function show(
  make: (options: DisplayOptions) => Display,
  events: EngineEvent[],
  ending: Partial<Ending> = {},
  options: Partial<DisplayOptions> = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const display = make({
    ...{ operation: "up", dryRun: false, stack: "dev", showSecrets: false, colors: false, config: { "shop:a": "b" } },
    ...{ out: (text) => void out.push(text), err: (text) => void err.push(text) },
    ...options,
  });
  for (const event of events) display.event(event);
  display.end({ status: "succeeded", changes: {}, seconds: 0.4, outputsBefore: {}, outputs: undefined, ...ending });
  return { out: printable(out.join("")), err: printable(err.join("")) };
}
export const lines = (options: DisplayOptions) => new LineDisplay(options, "shop");
