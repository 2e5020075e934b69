import { type HostAddress, hostIdentity } from "../kernel/host-address.js";
import type { Declared } from "../ownership/context.js";
import type { CheckFailure } from "./inputs.js";

/**
 * What the resources of a program claim to be, and say of themselves. Pulumi checks all of them in
 * one process before it changes the first, so two that want to be the same thing are found before
 * either is made.
 */
export class Claims {
  private readonly holders = new Map<string, string>();
  /** The same of what some may be. */
  private readonly sharers = new Map<string, Set<string>>();
  /** Host and what → value. */
  private readonly declared = new Map<string, string>();

  /**
   * Notes the claims of a resource; a failure for each that another resource of this program has.
   */
  claim(
    host: string,
    resource: string,
    claims: { property: string; claim: string; atMost?: number }[],
  ): CheckFailure[] {
    return claims.flatMap(({ property, claim: what, atMost }) => {
      const key = `${host} ${what}`;
      if (atMost !== undefined) return this.claimOneOf(key, resource, atMost) ? [] : [tooMany(property, what, atMost)];
      const holder = this.holders.get(key);
      // The engine may check one resource twice (for a replacement), so its own claim is no
      // conflict.
      if (holder !== undefined && holder !== resource)
        return [
          {
            property,
            reason: `${what} is declared by ${holder} already: give this one another, or remove one of the two`,
          },
        ];
      this.holders.set(key, resource);
      return [];
    });
  }

  /** Notes a claim that some may have. */
  private claimOneOf(key: string, resource: string, atMost: number): boolean {
    const holders = (this.sharers.get(key) ?? new Set()).add(resource);
    this.sharers.set(key, holders);
    return holders.size <= atMost;
  }

  /** Has a resource of this program said that it is this? */
  has(host: string, what: string): boolean {
    return this.holders.has(`${host} ${what}`);
  }

  /** Does this program make the network namespace that a host is? */
  makes({ netns, ...address }: HostAddress): boolean {
    return this.has(hostIdentity(address), `network namespace ${netns}`);
  }

  /** Notes what a resource says of itself. */
  declare(host: string, what: Record<string, string> = {}): void {
    for (const [key, value] of Object.entries(what)) this.declared.set(`${host} ${key}`, value);
  }

  /** What the resources of a host have said so far. */
  declaredOn(host: string): Declared {
    return (what) => this.declared.get(`${host} ${what}`);
  }
}

const tooMany = (property: string, what: string, atMost: number): CheckFailure => ({
  property,
  reason: `no more than ${atMost} resources can be ${what}, and this program has more: give this one another`,
});
