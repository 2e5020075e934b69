import { FAMILIES } from "../../kernel/family.js";
import { shownRule } from "../../kernel/iptables/rule-comment.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Firewall, type Rule, rulesOf, tableOf } from "../../kernel/iptables/ruleset.js";
import { noteOf } from "../../ownership/comment.js";
import type { Thing, Whose } from "../backend.js";
import { endpointChainName, masqueradeChainName, prefixOf, serviceChainName } from "../chain-name.js";
import { keyOf, parseKey } from "../state.js";
import { jumpsAt, leadsTo, leadsToEndpoint } from "./content.js";
import { groupsFor } from "./groups.js";
import { isAnchor, readDispatch } from "./read.js";
import { anchorsIn } from "./states.js";

type Key = ReturnType<typeof parseKey>;

const markOf = (rule: Rule) => noteOf(rule)?.mark;

export function whose(firewall: Firewall, { chain, service, endpoint }: Thing): Whose | undefined {
  if (endpoint !== undefined) return whoseEndpoint(firewall, chain, parseKey(endpoint));
  return service === undefined ? whoseChain(firewall, chain) : whoseService(firewall, chain, parseKey(service));
}

/** It is whose the rules are that lead to it, and its own that are no service's. */
function whoseChain(firewall: Firewall, chain: string): Whose | undefined {
  const there = FAMILIES.filter((family) => firewall.get(tableOf(family, "nat"))?.has(chain));
  if (there.length === 0) return undefined;
  const content = there.flatMap((family) => rulesOf(firewall, tableOf(family, "nat"), chain));
  const leading = there.flatMap((family) => jumpsAt(firewall, family, chain).map(({ rule }) => rule));
  const marks = [...leading, ...content.filter(isAnchor)].map(markOf);
  return { what: `chain ${chain} of table nat`, marks, content: content.map(markOf) };
}

/** It is whose the rules are that lead to it; where none does, its endpoints' stack may have it. */
function whoseService(firewall: Firewall, chain: string, { family, name }: Key): Whose | undefined {
  const serviceChain = serviceChainName(prefixOf(chain), name);
  const found = firewall.get(tableOf(family, "nat"))?.get(serviceChain);
  const leading = leadsTo(firewall, family, serviceChain).filter((each) => each.chain === chain);
  if (!found && leading.length === 0) return undefined;
  const content = found?.rules.map(markOf) ?? [];
  const marks = leading.map(({ rule }) => markOf(rule));
  return { what: `chain ${serviceChain} of table nat`, marks, content, yields: leading.length === 0 };
}

function whoseEndpoint(firewall: Firewall, chain: string, { family, name }: Key): Whose | undefined {
  const nat = tableOf(family, "nat");
  const endpointChain = endpointChainName(prefixOf(chain), name);
  const found = firewall.get(nat)?.get(endpointChain);
  const masqueraded = groupsFor(rulesOf(firewall, nat, masqueradeChainName(chain))).get(endpointChain) ?? [];
  if (!found && masqueraded.length === 0) return undefined;
  const leading = leadsToEndpoint(firewall, family, endpointChain);
  const marks = [...(found?.rules ?? masqueraded), ...leading].map(markOf);
  return { what: `chain ${endpointChain} of table nat`, marks, content: marks };
}

/** What is in a NatChain besides its own rules, and what leads to it that nobody marked. */
export function inside(firewall: Firewall, chain: string): { what: string; mark?: string; service?: string }[] {
  return FAMILIES.flatMap((family) => {
    const nat = tableOf(family, "nat");
    const own = new Set(anchorsIn(firewall, family, chain).rules.map(({ rule }) => rule));
    const content = rulesOf(firewall, nat, chain)
      .filter((rule) => !own.has(rule))
      .map((rule) => ({ at: chain, rule }));
    const leading = [...(firewall.get(nat) ?? [])].flatMap(([at, { rules }]) =>
      at === chain
        ? []
        : rules.filter((rule) => factsOf(rule).target === chain && !noteOf(rule)).map((rule) => ({ at, rule })),
    );
    return [...content, ...leading].map(({ at, rule }) => {
      const dispatch = at === chain ? readDispatch(chain, rule) : undefined;
      const name = dispatch?.serviceChain.slice(serviceChainName(prefixOf(chain), "").length);
      return {
        what: `\`-A ${at} ${shownRule(rule)}\``,
        mark: markOf(rule),
        ...(name !== undefined && { service: keyOf({ family, name }) }),
      };
    });
  });
}
