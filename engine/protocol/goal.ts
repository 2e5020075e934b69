import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { USE_THE_CLI } from "../model/errors.js";
import { fromWire, properties } from "../model/properties.js";
import type { PropertyMap, PropertyValue } from "../model/types.js";
import { isProviderType } from "../model/urn.js";
import type { Message } from "./sdk.js";

/** Another name that a resource may have had. */
export interface Alias {
  urn?: string;
  name?: string;
  type?: string;
  stack?: string;
  project?: string;
  parent?: string;
  noParent?: boolean;
}

/** What a program wants of one resource. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  properties: PropertyMap;
  parent?: string;
  protect?: boolean;
  dependencies: string[];
  provider?: string;
  propertyDependencies: Record<string, string[]>;
  deleteBeforeReplace?: boolean;
  ignoreChanges: string[];
  additionalSecretOutputs: string[];
  aliases: Alias[];
  customTimeouts?: { create?: number; update?: number; delete?: number };
  replaceOnChanges: string[];
  replacementTrigger?: PropertyValue;
  retainOnDelete?: boolean;
  deletedWith?: string;
  replaceWith: string[];
  hideDiff: string[];
  sourcePosition?: string;
  /** It is only read, and belongs to somebody else. */
  read?: { id: string };
}

/** What a resource has of its parent unless it says otherwise. */
export function inherit(goal: Goal, goals: Map<string, Goal>): void {
  const parent = goal.parent && goals.get(goal.parent);
  if (!parent) return;
  goal.deletedWith ??= parent.deletedWith;
  goal.protect ??= parent.protect;
  goal.retainOnDelete ??= parent.retainOnDelete;
}

const plain = (type: string, name: string, properties: PropertyMap): Goal => ({
  ...{ type, name, custom: true, properties, propertyDependencies: {}, aliases: [], dependencies: [] },
  ...{ ignoreChanges: [], additionalSecretOutputs: [], replaceOnChanges: [], replaceWith: [], hideDiff: [] },
});

/** What a default provider is registered with. */
export const providerGoal = (type: string, properties: PropertyMap): Goal => plain(type, "default", properties);

/** Reads the wish to read a resource. */
export function toReadGoal(request: Message, root: string): Goal {
  return {
    ...plain(request.getType(), request.getName(), properties(request.getProperties())),
    parent: request.getParent() || undefined,
    dependencies: sorted(request.getDependenciesList()),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    sourcePosition: toSourcePosition(request.getSourceposition(), root),
    read: { id: request.getId() },
  };
}

/** The package that a type belongs to. */
const packageOf = (type: string): string => (isProviderType(type) ? type.split(":")[2]! : type.split(":")[0]!);

/** What a resource of a plugin gets for an answer. */
export function needsPlugin(type: string): string {
  return `${type} needs the plugin of package ${packageOf(type)}, which the embedded engine doesn't run; ${USE_THE_CLI}`;
}

/** Why this engine can't do what a registration asks; undefined when it can. */
export function refusal(request: Message): string | undefined {
  const type = request.getType() as string;
  const dynamic = type.startsWith("pulumi-nodejs:dynamic");
  if (request.getRemote() || (request.getCustom() && !dynamic)) return needsPlugin(type);
  const hooks = request.getHooks?.()?.toObject() as Record<string, unknown[]> | undefined;
  const asked = {
    "the option `import`": request.getImportid() !== "",
    "the option `hooks`": Object.values(hooks ?? {}).some((list) => list.length > 0),
    "the option `transforms`": (request.getTransformsList?.() ?? []).length > 0,
    "the option `provider`": request.getProvider() !== "",
  };
  const what = Object.entries(asked).find(([, yes]) => yes)?.[0];
  return what && `${what} is not supported by the embedded engine; ${USE_THE_CLI}`;
}

/** Reads a registration. */
export function toGoal(request: Message, root: string): Goal {
  const type = request.getType() as string;
  const goal: Goal = {
    type,
    name: request.getName(),
    custom: request.getCustom(),
    properties: properties(request.getObject()),
    dependencies: sorted(request.getDependenciesList()),
    propertyDependencies: {},
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...(request.getAliasurnsList() as string[]).map((urn) => ({ urn })),
      ...(request.getAliasesList() as Message[]).map(toAlias),
    ],
    replaceOnChanges: request.getReplaceonchangesList(),
    replaceWith: request.getReplaceWithList?.() ?? [],
    hideDiff: request.getHidediffsList?.() ?? [],
    customTimeouts: toTimeouts(request.getCustomtimeouts()),
    sourcePosition: toSourcePosition(request.getSourceposition(), root),
  };
  if (request.getParent()) goal.parent = request.getParent();
  if (request.getDeletedwith()) goal.deletedWith = request.getDeletedwith();
  if (request.hasProtect?.() ?? request.getProtect()) goal.protect = request.getProtect();
  if (request.hasRetainondelete?.() ?? request.getRetainondelete()) goal.retainOnDelete = request.getRetainondelete();
  if (request.getDeletebeforereplacedefined() || request.getDeletebeforereplace()) {
    goal.deleteBeforeReplace = request.getDeletebeforereplace();
  }
  const trigger = request.getReplacementTrigger?.();
  if (trigger) goal.replacementTrigger = fromWire(trigger.toJavaScript() as PropertyValue);

  const dependencies = request.getPropertydependenciesMap();
  // Who says nothing of single properties means that each depends on all.
  if (dependencies.getLength() === 0) {
    for (const key of Object.keys(goal.properties)) goal.propertyDependencies[key] = goal.dependencies;
  }
  dependencies.forEach((value: Message, key: string) => {
    goal.propertyDependencies[key] = sorted(value.getUrnsList());
  });
  for (const key of Object.keys(goal.properties)) goal.propertyDependencies[key] ??= [];
  return goal;
}

const sorted = (urns: string[]): string[] => [...new Set(urns)].sort();

function toAlias(alias: Message): Alias {
  const spec = alias.getSpec();
  if (!spec) return { urn: alias.getUrn() };
  return {
    name: spec.getName() || undefined,
    type: spec.getType() || undefined,
    stack: spec.getStack() || undefined,
    project: spec.getProject() || undefined,
    parent: spec.getParenturn() || undefined,
    noParent: spec.getNoparent() || undefined,
  };
}

const UNITS: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Seconds of a duration such as `1h30m`. */
export function seconds(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(h|ms|us|µs|ns|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration) {
    throw new Error(`unable to parse customTimeout Value ${duration}`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
}

function toTimeouts(timeouts: Message | undefined): Goal["customTimeouts"] {
  if (!timeouts) return undefined;
  const result: NonNullable<Goal["customTimeouts"]> = {};
  // google-protobuf names the field `delete` pb_delete in plain objects; its getter is getDelete.
  if (timeouts.getCreate()) result.create = seconds(timeouts.getCreate());
  if (timeouts.getUpdate()) result.update = seconds(timeouts.getUpdate());
  if (timeouts.getDelete()) result.delete = seconds(timeouts.getDelete());
  return result;
}

/** A path below the project instead of an absolute one, so states don't differ by checkout. */
function toSourcePosition(position: Message | undefined, root: string): string | undefined {
  const uri = position?.getUri() as string | undefined;
  if (!uri?.startsWith("file:")) return undefined;
  const path = encodeURI(relative(root, fileURLToPath(uri)));
  return `project:///${path}#${position.getLine()},${position.getColumn()}`;
}
