import type { PropertyMap } from "../model/types.js";

/** What a provider says about a difference before the engine completes it. */
export interface ProviderDiff {
  changes: "unknown" | "none" | "some";
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/**
 * The calls of the engine about one resource. It takes neither secrets nor previews: the engine
 * opens secrets, and never asks it to create in a preview. Each throws an Error with the
 * provider's message, and an InitError where there is something to keep.
 */
export interface Provider {
  check(
    urn: string,
    olds: PropertyMap,
    news: PropertyMap,
    unknowns: boolean,
  ): Promise<{ inputs: PropertyMap; failures: { property: string; reason: string }[] }>;
  diff(
    urn: string,
    id: string,
    oldInputs: PropertyMap,
    olds: PropertyMap,
    news: PropertyMap,
    unknowns: boolean,
  ): Promise<ProviderDiff>;
  create(urn: string, inputs: PropertyMap): Promise<{ id: string; outputs: PropertyMap }>;
  update(urn: string, id: string, oldInputs: PropertyMap, olds: PropertyMap, inputs: PropertyMap): Promise<PropertyMap>;
  /** An empty id says that it is gone. Without `inputs` they stay as they are. */
  read(
    urn: string,
    id: string,
    inputs: PropertyMap,
    outputs: PropertyMap,
  ): Promise<{ id: string; inputs: PropertyMap | undefined; outputs: PropertyMap }>;
  delete(urn: string, id: string, inputs: PropertyMap, outputs: PropertyMap): Promise<void>;
  /** Ends it, and with it the calls that it hasn't answered. */
  close(): Promise<void>;
}
