import { isEverywhere } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import type { ServiceSpec } from "../../kernel/service-spec.js";
import { eligible, withoutEligible } from "../eligible.js";
import { policyOf, type Way, waysInOrder } from "../frontends.js";
import { wayMatch } from "./dispatch.js";

/**
 * What becomes of packets to a service that no endpoint got, in table filter: table nat has let
 * them pass, so they still bear the service's address. Without endpoints they are refused at once;
 * those from where a way isn't open are dropped.
 */
export function gateRules(spec: ServiceSpec, comment: string): Rule[] {
  return waysInOrder(spec).flatMap((way) => {
    const rule = (target: string[], source?: string): Rule => ({
      spec: [...wayMatch(way, spec, source), ...commentMatch(comment), "-j", ...target],
    });
    const none = eligible(spec.endpoints, policyOf(way, spec)).length === 0;
    const verdict = withoutEligible(spec.endpoints) === "DROP" ? ["DROP"] : reject(way, spec);
    if (way.sources.length === 0 || way.sources.some(isEverywhere)) return none ? [rule(verdict)] : [];
    return [...(none ? way.sources.map((source) => rule(verdict, source)) : []), rule(["DROP"])];
  });
}

/**
 * TCP gets a reset: on the host itself, where the way to the address leads over lo, the kernel
 * sends no ICMP, for it would bear the address of the service, which is none of the host's own
 * (icmp_send, ip_route_output_key). What sends UDP there hears EPERM at once.
 */
const reject = ({ protocol }: Way, { family }: ServiceSpec) => {
  const unreachable = `${family === "ip6" ? "icmp6" : "icmp"}-port-unreachable`;
  return ["REJECT", "--reject-with", protocol === "tcp" ? "tcp-reset" : unreachable];
};
