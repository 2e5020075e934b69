import type { Context } from "./context.js";

/**
 * After an `up` that went well: says to the provider that the program has declared all. It may then
 * do what it can do only when it knows all that there is to be.
 */
export async function finish({ request, dryRun, reporter, targets, provider, goals }: Context): Promise<void> {
  if (request.operation !== "up" || dryRun || reporter.errors > 0 || request.signal.aborted) return;
  // Of what is no target no other call says anything.
  await provider.finish(targets.limited ? [...goals.values()] : []);
}
