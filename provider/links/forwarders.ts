import { createHash } from "node:crypto";
import type { Family } from "../kernel/family.js";
import { shownRule } from "../kernel/iptables/rule-comment.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { type Rule, type Table, tableOf } from "../kernel/iptables/ruleset.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isMarked } from "../ownership/comment.js";

/** A rule of others for what a host forwards. */
interface Forwarder {
  shown: string;
  /** To tell it from others, in the little room that a comment has. */
  digest: string;
}

const ACCEPTS = ["ACCEPT"];
const TRANSLATES = ["MASQUERADE", "SNAT", "DNAT", "NETMAP"];

/**
 * Rules that nobody marked as ours, and that let through or translate what a host forwards:
 * Docker's, libvirt's, those of a person.
 */
export function forwarders(family: Family, { firewall }: Pick<Snapshot, "firewall">): Forwarder[] {
  const filter = firewall.get(tableOf(family, "filter"));
  const nat = firewall.get(tableOf(family, "nat"));
  return [
    ...rulesFrom("FORWARD", filter, ACCEPTS),
    ...rulesFrom("PREROUTING", nat, TRANSLATES),
    ...rulesFrom("POSTROUTING", nat, TRANSLATES),
  ];
}

/** The rules with one of these targets to which a packet may come from a chain. */
function rulesFrom(start: string, table: Table | undefined, targets: string[]): Forwarder[] {
  const seen = new Set([start]);
  const found: Forwarder[] = [];
  for (const chain of seen)
    for (const rule of table?.get(chain)?.rules ?? []) {
      const { target = "" } = factsOf(rule);
      if (table?.has(target)) seen.add(target);
      else if (targets.includes(target) && !isMarked(rule))
        found.push({ shown: `-A ${chain} ${shownRule(rule)}`, digest: digestOf(chain, rule) });
    }
  return found;
}

const digestOf = (chain: string, rule: Rule) =>
  createHash("sha256")
    .update(`${chain} ${factsOf(rule).meaning}`)
    .digest("hex")
    .slice(0, 4);

/** A comment has room for no more of them. */
const MOST_NOTED = 20;

/** There were more than a comment has room for: none of them counts. */
const MANY = "many";

/** Which of them there are, for a comment. */
export function notedForwarders(found: Forwarder[]): string {
  const digests = [...new Set(found.map(({ digest }) => digest))];
  return digests.length > MOST_NOTED ? MANY : digests.join(".");
}

/** Those that were not there when it was noted which there are. */
export function newForwarders(found: Forwarder[], noted: string): Forwarder[] {
  const known = new Set(noted.split("."));
  return noted === MANY ? [] : found.filter(({ digest }) => !known.has(digest));
}
