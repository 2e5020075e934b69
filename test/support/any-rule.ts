import fc from "fast-check";
import { type Chain, type Firewall, isBuiltIn, type Rule } from "../../provider/kernel/iptables/ruleset.js";

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}$/);
/** All that a comment may hold: quotes, backslashes, line breaks. */
const comment = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() !== "" && !text.includes("\0"));
const port = fc.integer({ min: 1, max: 65535 }).map(String);
const address = fc.ipV4();

/** A rule as somebody could have written it, in tokens. */
export const anyRule: fc.Arbitrary<Rule> = fc
  .tuple(
    fc.option(
      address.map((each) => ["-s", `${each}/32`]),
      { nil: [] },
    ),
    fc.option(
      fc.tuple(fc.constantFrom("tcp", "udp"), port).map(([p, n]) => ["-p", p, "-m", p, "--dport", n]),
      { nil: [] },
    ),
    fc.option(
      fc
        .double({ min: 0.01, max: 0.99, noNaN: true })
        .map((p) => ["-m", "statistic", "--mode", "random", "--probability", p.toFixed(11)]),
      { nil: [] },
    ),
    fc.option(
      comment.map((text) => ["-m", "comment", "--comment", text]),
      { nil: [] },
    ),
    fc.oneof(
      fc.constant(["-j", "RETURN"]),
      fc.constant(["-j", "ACCEPT"]),
      word.map((log) => ["-j", "LOG", "--log-prefix", `${log}: "x"`]),
    ),
  )
  .map((parts) => ({ spec: parts.flat() }));

/**
 * A table nat with chains of these names, each with some rules, often with duplicates. A built-in
 * chain is there only when it has rules.
 */
export function anyFirewall(pool: Rule[], chains: string[]): fc.Arbitrary<Firewall> {
  const rules = fc.array(fc.constantFrom(...pool), { maxLength: 8 });
  return fc.tuple(...chains.map(() => fc.option(rules, { nil: undefined }))).map((all) => {
    const table = new Map<string, Chain>();
    for (const [at, chain] of chains.entries()) {
      const found = all[at];
      if (!found || (isBuiltIn(chain) && found.length === 0)) continue;
      table.set(chain, { ...(isBuiltIn(chain) && { policy: "ACCEPT" }), rules: found });
    }
    return new Map([["nat", table]]);
  });
}
