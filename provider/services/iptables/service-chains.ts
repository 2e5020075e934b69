import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { sameRule } from "../../kernel/iptables/rule-facts.js";
import type { Table } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import { inSequence } from "../../kernel/sequence.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { masqueradeChainName, outsideChainName } from "../chain-name.js";
import type { ServiceSpec } from "../spec.js";
import { hasOutsideChain } from "../ways.js";
import { endpointOf, jumpsIn } from "./read.js";
import { endpointRules } from "./service-rules.js";
import { choosingChains, masqueradeSteps } from "./service-steps.js";

/** Is there a chain for what comes from outside just where the policies ask for one? */
export function outsideDrift(spec: ServiceSpec, name: string, table: Table): string {
  const outside = outsideChainName(name);
  const [is, wanted] = [table.has(outside), hasOutsideChain(spec)];
  if (is === wanted) return "";
  const [found, policy] = [is ? `chain ${outside}` : `no chain ${outside}`, spec.externalTrafficPolicy];
  return drift("externalTrafficPolicy", found, policy);
}

/** The chains by which the service chooses an endpoint, where they differ from what they must be. */
export function chainSteps(spec: ServiceSpec, name: string, host: Snapshot, why: string): Step[] {
  const table = host.firewall.get("nat");
  return choosingChains(spec, name, jumpsIn(table?.get(name)), host).flatMap(({ name: chain, rules }): Step[] => {
    const found = table?.get(chain)?.rules;
    const same = found?.length === rules.length && rules.every((rule, at) => sameRule(found[at]!, rule));
    return same ? [] : [{ do: "chain", table: "nat", chain, rules, why }];
  });
}

export function outsideRemoval(spec: ServiceSpec, name: string, host: Snapshot, why: string): Step[] {
  const chain = outsideChainName(name);
  if (hasOutsideChain(spec) || !host.firewall.get("nat")?.has(chain)) return [];
  return [{ do: "chain", table: "nat", chain, rules: null, why }];
}

/** The endpoints follow in the same transaction; each keeps its address and its owner. */
export function endpointSteps(spec: ServiceSpec, name: string, host: Snapshot, context: Context, why: string): Step[] {
  const table = host.firewall.get("nat");
  const jumps = jumpsIn(table?.get(name)).filter((jump) => endpointOf(jump, table).address !== "");
  return inSequence(
    host,
    jumps.map((jump) => (now) => {
      const { endpointChain, comment } = jump;
      const endpoint = endpointOf(jump, table);
      const found = table?.get(endpointChain)?.rules ?? [];
      const rules = endpointRules({ address: endpoint.address, chain: endpointChain }, spec, comment);
      const same = found.length === rules.length && rules.every((rule, at) => sameRule(found[at]!, rule));
      const place = { name: masqueradeChainName(spec.chain), endpointChain };
      return [
        ...(same ? [] : [{ do: "chain", table: "nat", chain: endpointChain, rules, why } as const]),
        ...masqueradeSteps(place, { spec, endpoint }, now, context, why),
      ];
    }),
  );
}
