import { single } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import { holds } from "../../kernel/network.js";
import type { EndpointSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { waysInOrder } from "../frontends.js";

/**
 * What must be masqueraded of the traffic to an endpoint: its own requests to its service, which
 * would be answered past this host; and what came from outside and leaves for an endpoint
 * elsewhere. All else keeps its client's address.
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
export function isMasqueraded(address: string, postrouting: Rule[]): boolean {
  return postrouting.some((rule) => {
    const { target, options } = factsOf(rule);
    const source = options.get("-s");
    return target === "MASQUERADE" && options.size === 1 && source !== undefined && holds(source, single(address));
  });
}
