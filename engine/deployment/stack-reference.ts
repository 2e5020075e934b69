import { containsSecret } from "../model/properties.js";
import type { DeploymentRequest, PropertyMap } from "../model/types.js";

/** The one resource that a program may read: another stack's outputs, served by the engine. */
export const STACK_REFERENCE = "pulumi:pulumi:StackReference";
/** The type of the provider that stands in the state for it. */
export const BUILTIN_PROVIDER = "pulumi:providers:pulumi";

/** What a reference to the stack called `name` holds. */
export async function readStack(request: DeploymentRequest, name: unknown): Promise<PropertyMap> {
  if (typeof name !== "string") throw new Error("the name of a stack reference must be a text that is known");
  const outputs = await request.stackOutputs(name);
  const secretOutputNames = Object.keys(outputs).filter((key) => containsSecret(outputs[key]!));
  return { name, outputs, secretOutputNames: secretOutputNames.sort() };
}
