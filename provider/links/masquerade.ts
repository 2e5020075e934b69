import { single } from "../kernel/family.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { type Firewall, type Rule, rulesOf } from "../kernel/iptables/ruleset.js";
import { commentMatch } from "../ownership/comment.js";
import type { SideChain } from "../services/iptables/side-chain.js";
import { holds } from "../services/routes.js";
import type { EndpointSpec, ServiceSpec } from "../services/spec.js";
import { waysInOrder } from "../services/ways.js";

/** Where services masquerade: only packets that some DNAT has led elsewhere come there. No packet mark is needed for it, so others' stay as they are. */
export const masqueradeChain = (name: string): SideChain => ({
  table: "nat",
  name,
  hooks: [{ chain: "POSTROUTING", match: ["-m", "conntrack", "--ctstate", "DNAT"] }],
});

/**
 * What must be masqueraded of the traffic to an endpoint: its own requests to its service, which would be answered past this host; and what came
 * from outside and leaves for an endpoint elsewhere. All else keeps its client's address.
 */
export function masqueradeRules(endpoint: EndpointSpec, spec: ServiceSpec, hairpin: boolean, comment: string): Rule[] {
  const { address, local } = endpoint;
  const rule = (match: string[]): Rule => ({ spec: [...match, ...commentMatch(comment), "-j", "MASQUERADE"] });
  const own = hairpin ? [rule(["-s", single(address), "-d", single(address)])] : [];
  if (local || spec.externalTrafficPolicy === "Local") return own;
  const outside = waysInOrder(spec).filter(({ kind }) => kind !== "vip");
  return [
    ...own,
    ...outside.map(({ address: to, protocol, dport }) =>
      rule([
        ...["-d", single(address), "-p", protocol, "-m", "conntrack"],
        ...(to === undefined ? [] : ["--ctorigdst", to]),
        ...["--ctorigdstport", String(dport)],
      ]),
    ),
  ];
}

/** Is all that comes from an address masqueraded anyway (by a bridge, say)? */
export function isMasqueraded(address: string, firewall: Firewall): boolean {
  return rulesOf(firewall, "nat", "POSTROUTING").some((rule) => {
    const { target, options } = factsOf(rule);
    const source = options.get("-s");
    return target === "MASQUERADE" && options.size === 1 && source !== undefined && holds(source, single(address));
  });
}
