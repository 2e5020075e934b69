import type { DeploymentRequest, PropertyMap, ResourceState } from "../model/types.js";
import type { Goal } from "../protocol/goal.js";
import type { Providers } from "../providers/providers.js";
import type { Reporter } from "./reporter.js";
import type { Targets } from "./targets.js";

/** What the parts of one run share. */
export interface Context {
  request: DeploymentRequest;
  /** Nothing is done and nothing saved. */
  dryRun: boolean;
  reporter: Reporter;
  targets: Targets;
  provider: Providers;
  /** The inputs of the provider resource of dynamic resources: the whole configuration. */
  config: PropertyMap;
  /** The state that the run began with, in its order; a refresh puts another in its place. */
  base: ResourceState[];
  /** Its live resources. */
  olds: Map<string, ResourceState>;
  /** What the program has registered so far. */
  news: Map<string, ResourceState>;
  goals: Map<string, Goal>;
  /**
   * URNs that were or will be deleted in this run. What is `deletedWith` one of them needs no
   * deletion of its own.
   */
  deletes: Set<string>;
}

/** The live resources of a state, by URN. */
export function liveResources(resources: ResourceState[]): Map<string, ResourceState> {
  return new Map(resources.filter((state) => !state.delete).map((state) => [state.urn, state]));
}
