import { Bail } from "../model/errors.js";
import { containsSecret } from "../model/properties.js";
import type { PropertyMap, PropertyValue, ResourceState } from "../model/types.js";
import { isProviderType, urnName } from "../model/urn.js";
import type { Context } from "./context.js";

/**
 * Lets the provider complete the inputs of a resource. When it finds them wrong, reports why and
 * throws a Bail.
 */
export async function check(
  context: Context,
  now: ResourceState,
  olds: PropertyMap,
  news: PropertyMap,
): Promise<PropertyMap> {
  if (isProviderType(now.type)) return news;
  const { inputs, failures } = await context.provider.check(now.urn, olds, news, context.dryRun);
  for (const { property, reason } of failures) {
    const who = `${now.type} resource '${urnName(now.urn)}'`;
    const value = show(news[property] ?? null);
    const text = property
      ? `${who}: property ${property} value {${value}} has a problem: ${reason}`
      : `${who} has a problem: ${reason}`;
    context.reporter.diagnostic("error", text, now.urn);
  }
  if (failures.length > 0) throw new Bail(`resource ${now.urn} is invalid`);
  return inputs;
}

/** A value in an error's text, as short as the CLI's. */
function show(value: PropertyValue): string {
  if (containsSecret(value)) return "[secret]";
  return typeof value === "string" ? value : JSON.stringify(value);
}
