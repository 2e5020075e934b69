import type { Context, Definition } from "../definition.js";
import { canonical } from "../kernel/address.js";
import { drift } from "../kernel/drift.js";
import { Prerequisite } from "../kernel/errors.js";
import { familyOf, single } from "../kernel/family.js";
import { factsOf, sameRule } from "../kernel/iptables/rule-facts.js";
import { type Chain, type Rule, rulesOf, type Table } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import { inSequence } from "../kernel/sequence.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isMarked, isOurs, isOwn, noteOf, sameNote, shownRule } from "../ownership/comment.js";
import { type RulesOf, withMarks } from "../ownership/marks.js";
import { leftovers, originOutputs, type Place, ruleComment } from "../ownership/origin.js";
import { keptForUs } from "../ownership/our-chain.js";
import { isBulk, mustNotBeBulk } from "./carried.js";
import { outsideChainName, prefixOf, serviceChainName } from "./chain-name.js";
import { serviceClaims, serviceDeclares, serviceDisagrees } from "./claims.js";
import { carrying } from "./iptables/carried-endpoints.js";
import { allServices, endpointOf, jumpsIn, waysInto } from "./iptables/read.js";
import { chainSteps, endpointSteps, outsideDrift, outsideRemoval } from "./iptables/service-chains.js";
import { dispatchDrift, type WantedRule } from "./iptables/service-drift.js";
import { inTablesOfItsFamily } from "./iptables/service-family.js";
import { mustBeFree, mustBeOurService } from "./iptables/service-owner.js";
import { gateSteps } from "./iptables/service-steps.js";
import { isFromBefore } from "./layout-age.js";
import { serviceNeeds } from "./needs.js";
import { onEither, partsOf } from "./nftables/half.js";
import { isOnNftables, serviceOnNftables } from "./nftables/service-vip.js";
import { isFor, mustBeInOneBackend, mustLeaveNoneBehind } from "./other-backend.js";
import { serviceOutputs } from "./outputs.js";
import { serviceRouteSteps, vipRouteRemoval } from "./routes.js";
import { isServed } from "./served.js";
import { type ServiceArgs, serviceArgs, specOf } from "./service-args.js";
import type { ServiceSpec } from "./spec.js";
import { mustBeInRange, outsideRange, rangeClaim } from "./vip-range.js";
import { dispatchRules, saysOfWay, waysOf } from "./ways.js";

type Desired = ServiceArgs;

const chainOf = ({ chain, name }: Desired) => serviceChainName(prefixOf(chain), name);
/** As declared, but for the endpoints. */
const declared = (desired: Desired) => specOf(desired, "", []);
const addressesOf = ({ address, externalIPs }: Desired) => [address, ...externalIPs];

interface Observed {
  table: Table | undefined;
  serviceChain: Chain | undefined;
  /** Rules of our stack that lead to the service's chains, one a way when all is well; with `adopt` unmarked ones too. */
  dispatches: Rule[];
}

function observe(desired: Desired, { firewall }: Snapshot, context: Context): Observed {
  const table = firewall.get("nat");
  const name = chainOf(desired);
  const leading = rulesOf(firewall, "nat", desired.chain).filter((rule) =>
    [name, outsideChainName(name)].includes(factsOf(rule).target ?? ""),
  );
  return {
    table,
    serviceChain: table?.get(name),
    dispatches: leading.filter((rule) => isOurs(rule, context) || (context.adopt && !isMarked(rule))),
  };
}

const traces = (desired: Desired) => {
  const ways = waysOf(declared(desired)).map(isFor);
  return {
    what: `service ${desired.chain}/${desired.name}`,
    chains: [chainOf(desired)],
    rule: (rule: Rule, place: Place) => ways.some((isOne) => isOne(rule, place)),
  };
};

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { chain } = desired;
  mustBeInOneBackend(traces(desired), host);
  const name = chainOf(desired);
  const { table, serviceChain, dispatches } = observe(desired, host, context);
  if (!table?.has(chain))
    throw new Prerequisite(
      `chain ${chain} of table nat is missing: declare new NatChain(…, { name: "${chain}" }) and pass that resource as chain, or add it to dependsOn`,
    );
  if (serviceChain) mustBeOurService({ chain, name }, table, serviceChain, context);
  mustBeFree(declared(desired), host);

  const endpoints = jumpsIn(serviceChain).map((jump) => endpointOf(jump, table));
  const spec = specOf(desired, context.mark, endpoints);
  const wanted = wantedRules(spec, name, dispatches, host, context);
  const wrong = dispatches.filter((rule) => !wanted.some(({ found }) => found === rule));
  const missing = serviceChain ? undefined : drift("name", `no chain ${name}`, desired.name);
  const why = missing ?? (dispatchDrift(chain, wanted, wrong) || outsideDrift(spec, name, table));
  const junk = serviceChain?.rules.find((rule) => !isMarked(rule));
  const junkWhy = junk && drift(`chain ${name}`, shownRule(junk), "jumps to endpoints only");
  const dispatchSteps = (): Step[] => [
    ...wrong.map((rule): Step => ({ do: "rule", table: "nat", chain, rule, at: "gone", why })),
    ...wanted
      .filter(({ found }) => !found)
      .map(({ rule }): Step => ({ do: "rule", table: "nat", chain, rule, at: "last", why })),
  ];
  const steps = inSequence(host, [
    (now) => (why || junkWhy ? chainSteps(spec, name, now, why || junkWhy!) : []),
    dispatchSteps,
    (now) => outsideRemoval(spec, name, now, why),
    (now) => (why ? endpointSteps(spec, name, now, context, why) : []),
    () =>
      formerAddresses(wrong, context)
        .filter((each) => !addressesOf(desired).includes(each))
        .flatMap((each) => routeRemoval(each, wrong, host)),
    () => serviceRouteSteps(desired, host, "iptables"),
  ]);
  if (steps.length === 0 && isFromBefore(context)) return [];
  const laid = inSequence(host, [
    () => steps,
    (now) => gateSteps({ chain, serviceChain: name }, spec, now, context, why || undefined),
  ]);
  return withMarks(laid, (now) => ownRules(desired, now, context), host, context);
}

/** Those that lead to it; what refuses for it is marked where it is laid out. */
function ownRules(desired: Desired, host: Snapshot, context: Context): RulesOf {
  const { dispatches } = observe(desired, host, context);
  return { own: dispatches.map((rule) => ({ table: "nat", chain: desired.chain, rule })) };
}

/** The dispatch rules that must be there, each with the one that is. */
function wantedRules(
  spec: ServiceSpec,
  name: string,
  dispatches: Rule[],
  host: Snapshot,
  context: Context,
): WantedRule[] {
  const place = { table: "nat", chain: spec.chain } as const;
  return waysOf(spec).flatMap((way) => {
    const { targetPort } = way.port;
    const comment = ruleComment(place, host, context, { targetPort, says: saysOfWay(way, spec) });
    const at = spec.ports.indexOf(way.port);
    return dispatchRules(way, spec, name, comment).map((rule) => {
      const found = dispatches.find((each) => sameRule(each, rule) && sameNote(each, rule));
      return { way, at, rule, found };
    });
  });
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { chain } = desired;
  mustLeaveNoneBehind(traces(desired), host, context);
  const name = chainOf(desired);
  const { table, serviceChain, ...found } = observe(desired, host, context);
  const dispatches = found.dispatches.filter((rule) => !isMarked(rule) || isOwn(rule, context));
  const why = drift("name", desired.name, undefined);
  const leading = allServices(table).filter((each) => each.serviceChain === name);
  const ours = dispatches.length > 0 || (leading.length === 0 && keptForUs(serviceChain?.rules ?? [], context));
  const gone = dispatches.map((rule) => ({ table: "nat" as const, chain, rule }));
  // Endpoints that are still there keep their own chains, and go with their own resources
  const chains = [name, outsideChainName(name)].filter((each) => ours && table?.has(each));
  return [
    ...gone.map((each): Step => ({ do: "rule", ...each, at: "gone", why })),
    ...chains.map((each): Step => ({ do: "chain", table: "nat", chain: each, rules: null, why })),
    ...(ours ? gateSteps({ chain, serviceChain: name }, undefined, host, context, why) : []),
    ...leftovers("nat", gone, host, context),
    ...leftovers("filter", [], host, context),
    ...[...new Set([...addressesOf(desired), ...formerAddresses(dispatches, context)])].flatMap((each) =>
      routeRemoval(each, dispatches, host),
    ),
  ];
}

function formerAddresses(dispatches: Rule[], { previous = {} }: Context): string[] {
  const now = dispatches.flatMap((rule) => factsOf(rule).options.get("-d")?.split("/")[0] ?? []);
  const before = [previous.address, ...(Array.isArray(previous.externalIPs) ? previous.externalIPs : [])];
  return [...new Set([...now, ...before.filter((each) => typeof each === "string").map(canonical)])];
}

/** The route to an address stays as long as a service of ours, whichever stack's, is there. */
function routeRemoval(address: string, own: Rule[], host: Snapshot): Step[] {
  const others = allServices(host.firewall.get("nat")).filter(({ rule }) => !own.includes(rule));
  const needed = isServed(address, { ...host, firewall: new Map() }) || others.some((each) => each.address === address);
  return needed ? [] : vipRouteRemoval(single(address), host);
}

const inOneFamily: Definition<Desired> = {
  kind: "ServiceVip",
  schema: serviceArgs,
  id: ({ chain, name }) => `${chain}/${name}`,
  claims: serviceClaims,
  declares: serviceDeclares,
  disagrees: (desired, of): Record<string, string> => {
    const message = outsideRange(desired.address, desired.chain, of(rangeClaim(desired.chain)));
    return { ...(message && { address: message }), ...serviceDisagrees(desired, of) };
  },
  scope: ({ address }) => ({ firewall: true, routes: true, ip6: familyOf(address) === "ip6" }),
  plan,
  remove,
  refuse: (desired, host) => mustBeInOneBackend(traces(desired), host),
  marks: (desired, { firewall }) =>
    waysInto(firewall.get("nat"), desired.chain, chainOf(desired)).map(({ rule }) => noteOf(rule)!.mark),
  exists: (desired, host, context) => {
    const { serviceChain, dispatches } = observe(desired, host, context);
    return serviceChain !== undefined || dispatches.length > 0;
  },
  /** `chainName`: the service chain. */
  outputs: (desired, host, context) => {
    const places: Place[] = [
      { table: "nat", chain: desired.chain },
      { table: "filter", chain: desired.chain },
    ];
    return {
      chainName: chainOf(desired),
      ...serviceOutputs(desired),
      newTables: originOutputs(places, host, context).newTables,
    };
  },
  immutable: ["chain", "name"],
};

const onIptables = inTablesOfItsFamily(inOneFamily);

const onNftables = serviceOnNftables<Desired>(specOf, serviceOutputs);

/** Arguments as a user writes them. */
export const parseService = (args: Record<string, unknown>, bulk?: true): Desired => ({
  ...serviceArgs.parse(args),
  ...(bulk && { bulk }),
});

/** How a service with these arguments is laid out on each backend. */
export const serviceParts = {
  iptables: (args: Record<string, unknown>, bulk?: true) => partsOf(onIptables, parseService(args, bulk)),
  nftables: (args: Record<string, unknown>, bulk?: true) => partsOf(onNftables, parseService(args, bulk)),
};

/** The same with the endpoints that it carries. */
export const wholeService = { iptables: { ...onIptables, ...carrying(onIptables) }, nftables: onNftables };

const onItsBackend = onEither(wholeService.iptables, wholeService.nftables, isOnNftables);

/** A virtual IP whose connections are spread over the endpoints, on the backend of its NatChain; without any they are refused at once. */
export const serviceVip: Definition<Desired> = {
  ...onItsBackend,
  needs: serviceNeeds,
  plan: (desired, host, context) => {
    mustNotBeBulk(desired, host);
    mustBeInRange(desired, host, context);
    return onItsBackend.plan(desired, host, context);
  },
  // What its NatChain has taken over is no resource of its own any more.
  remove: (desired, host, context) =>
    isBulk(desired, host, [familyOf(desired.address)]) ? [] : onItsBackend.remove(desired, host, context),
};
