/**
 * What is wrong with one argument, in the form that every preview has: the argument as the user
 * wrote it, what is on the host, and what is declared. Steps that mend the same argument say the
 * same, so it is said once.
 */
export function drift(argument: string, found: unknown, declared: unknown): string {
  return `${argument}: found ${shown(found)}, declared ${shown(declared)}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.map(shown).join(", ") : "none";
  return value === undefined || value === "" ? "none" : String(value);
}
