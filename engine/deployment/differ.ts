import { deepEquals, difference, type PropertyDifference } from "../model/difference.js";
import { contains, parsePath, resetPath } from "../model/property-path.js";
import type { PropertyMap, ResourceState } from "../model/types.js";
import { isProviderType } from "../model/urn.js";
import type { Context } from "./context.js";

/** Whether, where and how hard a resource differs from what is wanted. */
export interface ResourceDiff {
  changed: boolean;
  replaces: string[];
  diffs?: string[];
  detailedDiff?: Record<string, PropertyDifference>;
  deleteBeforeReplace?: boolean;
}

/** Whether a difference can't be mended in place. */
export function isReplace({ replaces, detailedDiff }: ResourceDiff): boolean {
  return replaces.length > 0 || Object.values(detailedDiff ?? {}).some(({ diffKind }) => diffKind.endsWith("-replace"));
}

/** New inputs with what the program wants ignored as it was. */
export function ignoreChanges(
  context: Context,
  urn: string,
  inputs: PropertyMap,
  old: PropertyMap,
  ignored: string[],
): PropertyMap {
  let result = inputs;
  const invalid: string[] = [];
  for (const text of ignored) {
    const path = parsePath(text);
    if (!path) continue;
    const reset = resetPath(path, old, result);
    if (reset) result = reset;
    else invalid.push(text);
  }
  if (invalid.length > 0) {
    const paths = JSON.stringify(invalid.join(", "));
    context.reporter.diagnostic(
      "info",
      `cannot ignore changes in added or removed elements of the path: ${paths}`,
      urn,
    );
  }
  return result;
}

/** Asks the provider. Where it leaves the answer to the engine, the inputs are compared. */
export async function resourceDiff(
  context: Context,
  old: ResourceState,
  inputs: PropertyMap,
  ignored: string[],
  unknowns: boolean,
): Promise<ResourceDiff> {
  const oldInputs = old.inputs ?? {};
  if (isProviderType(old.type)) return { changed: !deepEquals(old.outputs ?? {}, inputs), replaces: [] };
  const { provider } = context;
  const answer = await provider.diff(old.urn, old.id!, oldInputs, old.outputs ?? {}, inputs, unknowns);
  const { replaces, deleteBeforeReplace } = answer;
  if (answer.changes !== "unknown") return { changed: answer.changes === "some", replaces, deleteBeforeReplace };
  const found = difference(oldInputs, ignoreChanges(context, old.urn, inputs, oldInputs, ignored), true);
  return {
    changed: found !== undefined,
    replaces,
    deleteBeforeReplace,
    diffs: found?.keys,
    detailedDiff: found?.detailed,
  };
}

/** How a program may say "when the last attempt failed to initialise". */
const INIT_ERROR = "#initerror";

/** Makes replacements of changes under the given paths. */
export function replaceOnChanges(diff: ResourceDiff, paths: string[], initErrors: boolean): ResourceDiff {
  if (paths.length === 0 || (!diff.changed && !initErrors)) return diff;
  const parsed = paths.map((text) => parsePath(text) ?? fail(text));
  const hit = (text: string) => {
    const path = parsePath(text);
    return path !== undefined && parsed.some((wanted) => contains(wanted, path));
  };
  const replaces = new Set(diff.replaces);
  for (const key of diff.diffs ?? []) if (hit(key)) replaces.add(key);
  const detailedDiff =
    diff.detailedDiff &&
    Object.fromEntries(
      Object.entries(diff.detailedDiff).map(([path, entry]) => [path, hit(path) ? toReplace(entry) : entry]),
    );
  const broken = initErrors && hit(INIT_ERROR);
  if (broken) {
    replaces.add(INIT_ERROR);
    if (detailedDiff) detailedDiff[INIT_ERROR] = { diffKind: "update-replace", inputDiff: false };
  }
  return { ...diff, changed: diff.changed || broken, replaces: [...replaces], detailedDiff };
}

function toReplace({ diffKind, inputDiff }: PropertyDifference): PropertyDifference {
  const kind = diffKind.endsWith("-replace") ? diffKind : (`${diffKind}-replace` as PropertyDifference["diffKind"]);
  return { diffKind: kind, inputDiff };
}

function fail(path: string): never {
  throw new Error(`invalid property path ${JSON.stringify(path)} in replaceOnChanges`);
}
