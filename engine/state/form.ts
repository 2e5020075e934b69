import { isObject } from "../model/json.js";

type Form = [name: string, is: (value: unknown) => boolean];
const TEXT: Form = ["a text", (value) => typeof value === "string"];
const FLAG: Form = ["true or false", (value) => typeof value === "boolean"];
const MAP: Form = ["an object", isObject];
const LIST: Form = ["a list", Array.isArray];
const TEXTS: Form = ["a list of texts", (value) => Array.isArray(value) && value.every((item) => TEXT[1](item))];

/** What the engine takes the properties of a resource for. */
const RESOURCE: Record<string, Form> = {
  ...{ urn: TEXT, type: TEXT, id: TEXT, parent: TEXT, provider: TEXT, deletedWith: TEXT },
  ...{ custom: FLAG, delete: FLAG, protect: FLAG, external: FLAG, pendingReplacement: FLAG, retainOnDelete: FLAG },
  ...{ inputs: MAP, outputs: MAP, propertyDependencies: MAP, customTimeouts: MAP },
  ...{ dependencies: TEXTS, aliases: TEXTS, initErrors: TEXTS, additionalSecretOutputs: TEXTS, replaceWith: TEXTS },
  ...{ ignoreChanges: TEXTS, replaceOnChanges: TEXTS },
};

const DEPLOYMENT: Record<string, Form> = {
  ...{ manifest: MAP, secrets_providers: MAP, resources: LIST, pending_operations: LIST, metadata: MAP },
};

/** What of a deployment in a state file is of another form than can be; undefined: all is well. */
export function deploymentProblem(deployment: Record<string, unknown>): string | undefined {
  const problem = formProblem("its deployment", deployment, DEPLOYMENT);
  if (problem) return problem;
  const { resources, pending_operations: operations } = deployment as Record<string, unknown[] | undefined>;
  return first(resources, "resource", resourceProblem) ?? first(operations, "pending operation", operationProblem);
}

const first = (
  items: unknown[] | undefined | null,
  what: string,
  problem: (item: unknown, who: string) => string | undefined,
) => {
  for (const [at, item] of (items ?? []).entries()) {
    const found = problem(item, `${what} ${at + 1}`);
    if (found) return found;
  }
  return undefined;
};

function operationProblem(operation: unknown, who: string): string | undefined {
  if (!isObject(operation) || typeof operation.type !== "string") return `${who} has no type`;
  return resourceProblem(operation.resource, `the resource of ${who}`);
}

function resourceProblem(resource: unknown, who: string): string | undefined {
  if (!isObject(resource)) return `${who} is ${shown(resource)}, and must be an object`;
  const named = typeof resource.urn === "string" ? `${who} (${resource.urn})` : who;
  const problem = formProblem(named, resource, RESOURCE);
  if (problem) return problem;
  if (!resource.urn || !resource.type) return `${named} has no ${resource.urn ? "type" : "URN"}`;
  const isUrn = /^urn:pulumi:[^:]*::[^:]*::.*?::/s.test(resource.urn as string);
  return isUrn
    ? undefined
    : `${who}: its "urn" is ${shown(resource.urn)}, and must be urn:pulumi:stack::project::type::name`;
}

function formProblem(who: string, value: Record<string, unknown>, forms: Record<string, Form>): string | undefined {
  for (const [key, [name, is]] of Object.entries(forms)) {
    const item = value[key];
    if (item !== undefined && item !== null && !is(item))
      return `${who}: its "${key}" is ${shown(item)}, and must be ${name}`;
  }
  return undefined;
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};
