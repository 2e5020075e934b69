import type { Context } from "./context.js";
import type { Named } from "./targets.js";

/**
 * Reports each named URN that is neither in the state nor registered by the program. Returns
 * whether there is one.
 */
export function reportMissing(context: Context, kind: Named, registered: (urn: string) => boolean): boolean {
  const { base, targets, reporter } = context;
  const missing = targets.named(kind).filter((urn) => !registered(urn) && !base.some((state) => state.urn === urn));
  for (const urn of missing) {
    const hint = urn.includes("$") ? "" : " Did you forget to escape $ in your shell?";
    reporter.diagnostic("error", `Target '${urn}' could not be found in the stack.${hint}`);
  }
  return missing.length > 0;
}
