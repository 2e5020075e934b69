import { Refusal } from "../../kernel/errors.js";
import { FAMILIES } from "../../kernel/family.js";
import { type Firewall, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Memory, ServiceState } from "../../kernel/service-change.js";
import { noteOf } from "../../ownership/comment.js";
import type { Context } from "../../ownership/context.js";
import { ownerName } from "../../ownership/mark.js";
import { placeOf } from "../../ownership/origin.js";
import { NotOurs } from "../../ownership/refuse.js";
import type { ServiceBackend } from "../backend.js";
import { endpointChainName, prefixOf, serviceChainName } from "../chain-name.js";
import { missingChain } from "../missing.js";
import { mustBeInOneVariant } from "../other-variant.js";
import { parseKey, specOf } from "../state.js";
import { apply } from "./apply.js";
import { leadsTo } from "./content.js";
import { Draft } from "./draft.js";
import { otherwise } from "./drift.js";
import { ServiceLayout } from "./layout.js";
import { iptablesNeeds } from "./needs.js";
import { iptablesOutputs } from "./outputs.js";
import { gateSide, isOursSide, masqueradeSide } from "./side-chain.js";
import { anchorsIn, chainNames, chainState } from "./states.js";
import { inside, whose } from "./whose.js";

const isThere = (firewall: Firewall, chain: string) =>
  FAMILIES.some((family) => firewall.get(tableOf(family, "nat"))?.has(chain));

/** Throws a Refusal or a Prerequisite when a service has no place. */
function mustFit(firewall: Firewall, chain: string, held: ServiceState, { previous }: Context): void {
  const { family, name } = held;
  const nat = firewall.get(tableOf(family, "nat"));
  const { jumps, rules } = anchorsIn(firewall, "ip", chain);
  if (!nat?.has(chain) && (family === "ip" || jumps.length + rules.length === 0)) throw missingChain(chain);
  const serviceChain = serviceChainName(prefixOf(chain), name);
  const elsewhere = leadsTo(firewall, family, serviceChain).find((each) => each.chain !== chain);
  if (elsewhere) {
    const { mark = "" } = noteOf(elsewhere.rule) ?? {};
    throw new NotOurs(
      "name",
      `chain ${serviceChain} of table nat belongs to the service ${elsewhere.chain}/${name} of ${ownerName(mark)}: give this service or its chain another name`,
      { what: `chain ${serviceChain} of table nat`, mark, byName: false },
    );
  }
  mustBeOurSides(firewall, chain, held, previous !== undefined);
}

/**
 * Throws a Refusal when a chain stands where one is to be that services share, and nobody marked
 * it.
 */
function mustBeOurSides(firewall: Firewall, chain: string, held: ServiceState, isKnown: boolean): void {
  const spec = specOf(chain, held);
  if (!spec) return;
  const draft = new Draft(firewall);
  const layout = new ServiceLayout(draft, spec, {});
  const { filter } = layout.names;
  const sides = [gateSide(held.family, chain, draft.table(filter)), masqueradeSide(held.family, chain)];
  for (const side of sides) {
    const found = draft.rules(side.table, side.name);
    if (!found || isOursSide(side, draft) || (found.length === 0 && isKnown)) continue;
    const isGate = side.table === filter;
    const pieces = isGate ? [layout.gate()] : held.endpoints.map((each) => layout.masquerade(each));
    if (pieces.every(({ wanted }) => wanted.length === 0)) continue;
    throw new Refusal(
      "chain",
      `chain ${side.name} of table ${isGate ? "filter" : "nat"} exists already and was not made by this product: rename or remove it, or give the NatChain another name`,
    );
  }
}

/** How it says that something is not there. */
function missing(
  firewall: Firewall,
  { chain, service, endpoint }: { chain: string; service?: string; endpoint?: string },
) {
  const prefix = prefixOf(chain);
  const serviceChain = serviceChainName(prefix, parseKey(service ?? "").name);
  const endpointChain = endpointChainName(prefix, parseKey(endpoint ?? "").name);
  if (endpoint !== undefined)
    return service === undefined ? `no chain ${endpointChain}` : `no jump from ${serviceChain} to ${endpointChain}`;
  const nat = firewall.get(tableOf(parseKey(service ?? "").family, "nat"));
  return nat?.has(serviceChain) ? `no rule in ${chain}` : `no chain ${serviceChain}`;
}

/** The services for an endpoint of which other than what must be is masqueraded. */
function unsettled(firewall: Firewall): { chain: string; service: string }[] {
  const draft = new Draft(firewall);
  return [...chainNames(firewall)].flatMap((chain) =>
    [...(chainState(firewall, chain)?.services ?? [])].flatMap(([service, held]) => {
      const spec = specOf(chain, held);
      const layout = spec && new ServiceLayout(draft, spec, {});
      return layout && held.endpoints.some((each) => !layout.masquerade(each).same) ? [{ chain, service }] : [];
    }),
  );
}

const remains = (firewall: Firewall, { newTables, newChains }: Memory): boolean =>
  newTables.some((table) => firewall.has(table)) ||
  newChains.map(placeOf).some(({ table, chain }) => firewall.get(table)?.has(chain));

/**
 * A chain for each service and endpoint in table nat, as the article has them, and rules of table
 * filter for what they refuse.
 */
export const iptables: ServiceBackend<Firewall> = {
  name: "iptables",
  tools: {},
  inFirewall: true,
  of: ({ firewall }) => firewall,
  on: (host, firewall) => ({ ...host, firewall }),

  names: chainNames,
  state: chainState,
  serves: isThere,
  whose,
  inside,

  apply,
  otherwise,
  missing,
  mustFit,
  unsettled,
  remains,
  // Of another type a route of IPv6 refuses before the rules are met.
  routeType: (family) => (family === "ip6" ? "local" : "unicast"),

  problems: () => [],
  needs: iptablesNeeds,
  mustBeAlone: mustBeInOneVariant,
  outputs: iptablesOutputs,
  isNoted: ({ chainName }) => chainName !== undefined,
  notedChains: ({ chainName }) => {
    if (!chainName?.includes("-SEP-")) return [];
    const prefix = chainName.slice(0, chainName.indexOf("-SEP-"));
    return [`${prefix}-SERVICES`, prefix];
  },
};
