import type { CheckFailure } from "./inputs.js";

/**
 * Who claims what in this run. Pulumi checks all resources of a program in one provider process before it changes the first, so this finds
 * two resources of one program that want to be the same thing before either is made.
 */
const claimed = new Map<string, string>();

/** Notes the claims of a resource; a failure for each that another resource of this program has. */
export function claim(host: string, resource: string, claims: { property: string; claim: string }[]): CheckFailure[] {
  return claims.flatMap(({ property, claim: what }) => {
    const key = `${host} ${what}`;
    const holder = claimed.get(key);
    // The engine may check one resource twice (for a replacement), so its own claim is no conflict.
    if (holder !== undefined && holder !== resource)
      return [
        {
          property,
          reason: `${what} is declared by ${holder} already: give this one another, or remove one of the two`,
        },
      ];
    claimed.set(key, resource);
    return [];
  });
}

/** What resources of this run say of themselves that others have to agree with: host and what → value. */
const declared = new Map<string, string>();

/** Notes what a resource says of itself, and gives what those of its host have said so far. */
export function declare(host: string, what: Record<string, string> = {}): (what: string) => string | undefined {
  for (const [key, value] of Object.entries(what)) declared.set(`${host} ${key}`, value);
  return (key) => declared.get(`${host} ${key}`);
}
