import { isEverywhere, LOOPBACK, single } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import type { ServiceSpec } from "../../kernel/service-spec.js";
import { outsideChainName } from "../chain-name.js";
import { hasOutsideFrontend, type Way, waysOf } from "../frontends.js";

/** The match of a frontend; of a packet that is on its way in, in any table. */
export function wayMatch(way: Way, { family }: ServiceSpec, source?: string): string[] {
  const { kind, address, protocol, dport } = way;
  const from = source === undefined || isEverywhere(source) ? [] : ["-s", source];
  const to = kind === "node" ? ["!", "-d", LOOPBACK[family]] : ["-d", single(address!)];
  const local = kind === "node" ? ["-m", "addrtype", "--dst-type", "LOCAL"] : [];
  return [...from, ...to, "-p", protocol, ...local, "-m", protocol, "--dport", String(dport)];
}

/** What a rule's comment says besides its mark. */
type Note = { targetPort: number; says: Record<string, string> };

/**
 * A service's rules in the NatChain's chain: one for each frontend, or one for each network that
 * may use it.
 */
export function dispatchRules(spec: ServiceSpec, serviceChain: string, comment: (note: Note) => string): Rule[] {
  return waysOf(spec).flatMap((way) => {
    const target = way.kind !== "vip" && hasOutsideFrontend(spec) ? outsideChainName(serviceChain) : serviceChain;
    const sources = way.sources.length > 0 ? way.sources : [undefined];
    const { targetPort } = way.port;
    return sources.map((source) => {
      const note = comment({ targetPort, says: { ...saysOfWay(way, spec), ...saysOfSource(source) } });
      return { spec: [...wayMatch(way, spec, source), ...commentMatch(note), "-j", target] };
    });
  });
}

/**
 * What the rules of a frontend say besides the target port: all that of a service can't be read
 * elsewhere.
 */
function saysOfWay({ kind, port }: Way, spec: ServiceSpec): Record<string, string> {
  const bulk = spec.bulk && { service: "bulk" };
  if (kind !== "vip") return { way: kind, ...(kind === "node" && { port: String(port.port) }), ...bulk };
  const { affinitySeconds, internalTrafficPolicy, externalTrafficPolicy, inline } = spec;
  return {
    ...(affinitySeconds !== undefined && { affinity: String(affinitySeconds) }),
    ...(internalTrafficPolicy === "Local" && { internal: "Local" }),
    ...(externalTrafficPolicy === "Local" && { external: "Local" }),
    ...(inline && { endpoints: "inline" }),
    ...bulk,
  };
}

/** A rule for clients from everywhere is one that says nothing of them. */
const saysOfSource = (source: string | undefined): Record<string, string> =>
  source !== undefined && isEverywhere(source) ? { from: source } : {};
