import type { PropertyMap, StepMetadata } from "../model/types.js";
import { onOneLine } from "./printable.js";
import { same, visible } from "./values.js";

/** Which properties a step changes, at a glance: `[diff: +a-b~c]`; empty when that isn't known. */
export function shortDiff(metadata: StepMetadata): string {
  const { op, old, new: after } = metadata;
  if (op === "same" || old === undefined || after === undefined) return "";
  const found = metadata.detailedDiff ? fromDetails(metadata.detailedDiff) : fromInputs(old.inputs, after.inputs);
  if (found.size === 0) for (const key of metadata.diffs ?? []) found.set(key, "~");
  const groups = ["+", "-", "~"].map((sign) => {
    const keys = [...found].filter(([key, kind]) => kind === sign && !key.startsWith("__")).map(([key]) => key);
    return keys.length === 0 ? "" : sign + keys.sort().map(onOneLine).join(",");
  });
  const text = groups.join("");
  return text === "" ? "" : `[diff: ${text}]`;
}

const SIGNS: Record<string, string> = { add: "+", delete: "-", update: "~" };

/** A path within a property is a change of that property. */
function fromDetails(details: NonNullable<StepMetadata["detailedDiff"]>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [path, { diffKind }] of Object.entries(details)) {
    const key = /^\["((?:[^"\\]|\\.)*)"\]|^[^.[]+/.exec(path);
    const name = key?.[1] ?? key?.[0] ?? path;
    const within = key !== null && key[0] !== path;
    const sign = within || found.has(name) ? "~" : (SIGNS[diffKind.split("-")[0]!] ?? "~");
    found.set(name, sign);
  }
  return found;
}

function fromInputs(before: PropertyMap | undefined, after: PropertyMap | undefined): Map<string, string> {
  const [old, now] = [visible(before), visible(after)];
  const found = new Map<string, string>();
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (same(old[key], now[key])) continue;
    found.set(key, !(key in old) ? "+" : !(key in now) ? "-" : "~");
  }
  return found;
}
