import { factsOf } from "./rule-facts.js";
import { type Firewall, isBuiltIn, type Table } from "./ruleset.js";
import { allServices, type Dispatch, jumpsIn, type Service } from "./service.js";

/**
 * The services that something leads to now and did not before: a hook that jumps, or an endpoint that answers. What was sent to such a
 * service meanwhile went out as it was, and conntrack holds on to that (two minutes for a TCP SYN): a new connection from
 * the same source port would take the same dead way. Untranslated flows to these are what has to be forgotten.
 */
export function awakened(before: Firewall, after: Firewall): Service[] {
  const [old, now] = [before.get("nat"), after.get("nat")];
  if (old === now) return [];
  const ways = { before: waysIn(old), after: waysIn(now) };
  return allServices(now).filter((service) => {
    const way = wayOf(service);
    const was = ways.before.get(way) ?? [];
    return (ways.after.get(way) ?? []).some((each) => !was.includes(each));
  });
}

const wayOf = ({ chain, serviceChain, protocol, address, port }: Dispatch) =>
  [chain, serviceChain, protocol, address, port].join(" ");

/** Service → hook and endpoint chain, for each pair by which a packet can come through. */
function waysIn(table: Table | undefined): Map<string, string[]> {
  const hooks = new Map<string, string[]>();
  for (const [name, { rules }] of table ?? [])
    for (const target of isBuiltIn(name) ? rules.map((rule) => factsOf(rule).target ?? "") : [])
      hooks.set(target, [...(hooks.get(target) ?? []), name]);
  return new Map(
    allServices(table).map((service) => {
      const answering = jumpsIn(table?.get(service.serviceChain)).filter(
        ({ endpointChain, rule }) =>
          (table?.get(endpointChain)?.rules.length ?? 0) > 0 && factsOf(rule!).options.get("--probability") !== "0",
      );
      const ways = (hooks.get(service.chain) ?? []).flatMap((hook) =>
        answering.map(({ endpointChain }) => `${hook} ${endpointChain}`),
      );
      return [wayOf(service), ways];
    }),
  );
}
