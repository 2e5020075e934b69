import { USE_THE_CLI } from "../model/errors.js";
import { makeSecret } from "../model/properties.js";
import { foreignKey } from "../model/resource-state.js";
import type { DeploymentRequest, PropertyMap, ResourceState, Snapshot } from "../model/types.js";
import { PROVIDER_TYPE } from "../model/urn.js";
import { needsPlugin } from "../protocol/goal.js";
import type { Reporter } from "./reporter.js";
import { BUILTIN_PROVIDER, STACK_REFERENCE } from "./stack-reference.js";

/** Throws when a state holds what this engine can't carry on with: better than to lose it. */
export function admit(base: ResourceState[]): void {
  for (const state of base) {
    const { urn, type, custom } = state;
    const served = [PROVIDER_TYPE, BUILTIN_PROVIDER].includes(type) || (type === STACK_REFERENCE && state.external);
    if (custom && !served && !type.startsWith("pulumi-nodejs:dynamic")) {
      throw new Error(`the stack holds '${urn}': ${needsPlugin(type)}`);
    }
    const key = foreignKey(state);
    if (key)
      throw new Error(`the stack holds '${urn}' with ${key}, which the embedded engine doesn't know; ${USE_THE_CLI}`);
  }
}

/** The configuration as the dynamic provider gets it: all of it, with full keys. */
export function configProperties({ config, secretKeys }: DeploymentRequest): PropertyMap {
  const entries = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, secretKeys.includes(key) ? makeSecret(value) : value]));
}

/** Says what an earlier run that was killed has left in doubt. */
export function pendingOperationsWarning(reporter: Reporter, base: Snapshot | undefined): void {
  const operations = base?.pending_operations ?? [];
  if (operations.length === 0) return;
  const list = operations.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}\n`).join("");
  reporter.diagnostic(
    "warning",
    `Attempting to deploy or update resources with ${operations.length} pending operations from previous deployment.\n${list}` +
      "These resources are in an unknown state because the engine was interrupted while waiting for changes to these " +
      "resources to complete. You should confirm whether or not the operations listed completed successfully by looking " +
      "at the host. Once you have done so, `refresh` reads the state of all known resources anew.",
  );
}
