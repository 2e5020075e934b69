import { HostMissing } from "../host/host.js";
import type { Inputs } from "./inputs.js";
import { existsOn } from "./needs.js";
import type { Resource } from "./resource.js";

/** What a refresh gets: an empty id drops the resource from the state. */
export async function read<D>(resource: Resource<D>, id: string, olds: Inputs): Promise<{ id: string; props: Inputs }> {
  const { definition } = resource;
  const wish = resource.mustParse(olds);
  try {
    const snapshot = await resource.hostOf(wish).view(definition.scope(wish.desired));
    const isThere = existsOn(definition, wish.desired, snapshot, resource.contextOf(wish, olds));
    return { id: isThere ? id : "", props: olds };
  } catch (error) {
    if (error instanceof HostMissing) return { id: "", props: olds };
    throw error;
  }
}
