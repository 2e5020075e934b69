import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { type Rule, rulesOf, type Table, tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import { inSequence } from "../kernel/sequence.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isOwn, noteOf, ownerOf } from "../ownership/comment.js";
import { withMarks } from "../ownership/marks.js";
import { leftovers, originOutputs, ruleComment } from "../ownership/origin.js";
import { mustBeOurChain } from "../ownership/our-chain.js";
import { carryingClaim, isCarrying, mustNotCarry, ownAndCarried, ownClaim } from "./carried.js";
import {
  endpointChainName,
  masqueradeChainName,
  partName,
  prefixOf,
  serviceName,
  serviceReference,
  tooLong,
} from "./chain-name.js";
import { conditionsOf, endpointArgs } from "./endpoint-args.js";
import { endpointPrefix, findService } from "./find-service.js";
import { wrongEndpoint } from "./iptables/endpoint-drift.js";
import { addressClaim, inTablesOfItsService, otherFamily, otherTables } from "./iptables/endpoint-family.js";
import {
  jumpSteps,
  leadingTo,
  masqueradeRemoval,
  oldChainSteps,
  removeChain,
  rulesOfEndpoint,
  without,
} from "./iptables/endpoint-jumps.js";
import { conditionDrift, conditionsIn, saysOf } from "./iptables/endpoint-note.js";
import { planIn } from "./iptables/in-family.js";
import { addressIn, allServices, foundSpec } from "./iptables/read.js";
import { endpointRules } from "./iptables/service-rules.js";
import { masqueradeSteps } from "./iptables/service-steps.js";
import { isFromBefore, LAYOUT } from "./layout-age.js";
import { endpointNeeds } from "./needs.js";
import { endpointOnNftables, isBehindNftables, leftOnNftables } from "./nftables/endpoint.js";
import { onEither, partsOf } from "./nftables/half.js";
import { mustBeInOneBackend, mustLeaveNoneBehind } from "./other-backend.js";

const schema = z
  .strictObject({
    /** "CHAIN/NAME", which is a ServiceVip's id, or "NAME" where only one chain has such a service. */
    service: serviceName,
    name: partName,
    ...endpointArgs,
  })
  .superRefine(({ service, name }, issue) => {
    const { chain } = serviceReference(service);
    const message = chain === undefined ? undefined : tooLong(endpointChainName(prefixOf(chain), name), name);
    if (message) issue.addIssue({ code: "custom", path: ["name"], message: `"${name}" in ${chain} ${message}` });
  });

type Desired = z.infer<typeof schema>;

/** What no other endpoint may be, be it a resource of its own or not. */
export function endpointClaims(service: string, name: string, address: string) {
  const chain = chainOf({ service, name });
  return [
    { property: "address", claim: `endpoint ${address} of service ${service}`, shareable: true },
    ...(chain === undefined ? [] : [{ property: "name", claim: `endpoint chain ${chain}` }]),
  ];
}

/** The endpoint's chain where the arguments say it all; by a bare service name only the host knows. */
function chainOf({ service, name }: Pick<Desired, "service" | "name">): string | undefined {
  const { chain } = serviceReference(service);
  return chain === undefined ? undefined : endpointChainName(prefixOf(chain), name);
}

/** The chain by the arguments, or by the state file, or by the service as it is on the host. */
function knownChain(desired: Desired, table: Table | undefined, { previous }: Context): string | undefined {
  const noted = previous?.chainName;
  const known = chainOf(desired) ?? (typeof noted === "string" ? noted : undefined);
  if (known !== undefined) return known;
  try {
    return endpointChainName(endpointPrefix(findService(desired.service, table)), desired.name);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const traces = (endpoint: string) => ({ what: `endpoint ${endpoint}`, chains: [endpoint] });

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const table = host.firewall.get("nat");
  if (isWhole(desired, table, context)) return [];
  const service = findService(desired.service, table);
  const endpoint = endpointChainName(endpointPrefix(service), desired.name);
  const message = tooLong(endpoint, desired.name);
  if (message) throw new Refusal(`name "${desired.name}" ${message}`);
  mustBeInOneBackend(traces(endpoint), host);
  const found = table?.get(endpoint);
  const leading = leadingTo(endpoint, table, context);
  if (found) {
    const jumps = leading.flatMap((name) =>
      rulesOf(host.firewall, "nat", name).filter((rule) => factsOf(rule).target === endpoint),
    );
    mustBeOurChain(endpoint, [...found.rules, ...jumps], context);
  }

  const conditions = conditionsOf(desired);
  const comment = ruleComment({ table: "nat", chain: endpoint }, host, context, { says: saysOf(conditions) });
  const spec = foundSpec(service, table!);
  const rules = endpointRules({ address: desired.address, chain: endpoint }, spec, comment);
  const wrong = wrongEndpoint(desired, endpoint, found, rules, context);
  const old = leading.filter((name) => name !== service.serviceChain);
  const leaving = (name: string) => drift("service", `a jump from ${name}`, desired.service);
  const mine = { name: desired.name, address: desired.address, mark: context.mark, ...conditions };
  const place = { name: masqueradeChainName(service.chain), endpointChain: endpoint };
  const laid: ((now: Snapshot) => Step[])[] = [
    () => (wrong ? [{ do: "chain", table: "nat", chain: endpoint, rules, why: wrong }] : []),
    ...old.map((name) => (now: Snapshot) => without(endpoint, name, now, context, leaving(name))),
    (now) => jumpSteps(desired.service, service, { endpointChain: endpoint, comment }, now, context),
    (now) => oldChainSteps(endpoint, now, context),
  ];
  const steps = inSequence(host, laid);
  if (steps.length === 0 && isFromBefore(context)) return [];
  const whole = inSequence(host, [
    () => steps,
    (now) => masqueradeSteps(place, { spec, endpoint: mine }, now, context),
  ]);
  return withMarks(whole, (now) => rulesOfEndpoint(endpoint, now, context), host, context);
}

/** Is the service alone what is missing, by its rules in the NatChain? The ServiceVip shows that, and nothing of the endpoint is wrong. */
function isWhole(desired: Desired, table: Table | undefined, context: Context): boolean {
  const { chainName, serviceChainName, service } = context.previous ?? {};
  const rules = table?.get(String(chainName))?.rules ?? [];
  if (rules.length === 0 || service !== desired.service) return false;
  const right = (rule: Rule) => ownerOf(rule, context) === "ours" && addressIn(rule) === desired.address;
  if (!rules.every(right) || conditionDrift(conditionsIn(noteOf(rules[0]!)?.says), conditionsOf(desired))) return false;
  const leads = leadingTo(String(chainName), table, context).includes(String(serviceChainName));
  return leads && !allServices(table).some((each) => each.serviceChain === serviceChainName);
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const endpoint = knownChain(desired, host.firewall.get("nat"), context);
  if (endpoint === undefined) return [];
  mustLeaveNoneBehind(traces(endpoint), host, context);
  const gone = rulesOf(host.firewall, "nat", endpoint)
    .filter((rule) => isOwn(rule, context))
    .map((rule) => ({ table: "nat" as const, chain: endpoint, rule }));
  const why = drift("name", `chain ${endpoint}`, undefined);
  return inSequence(host, [
    (now) => removeChain(endpoint, now, context),
    (now) => masqueradeRemoval(endpoint, now, context, why),
    (now) => leftovers("nat", gone, now, context),
  ]);
}

const inOneFamily: Definition<Desired> = {
  kind: "Endpoint",
  schema,
  id: (desired) => chainOf(desired) ?? desired.name,
  claims: ({ service, name, address }) => endpointClaims(service, name, address),
  disagrees: ({ service, address }, of): Record<string, string> => {
    const message = otherFamily(address, of(addressClaim(service)));
    return message ? { address: message } : {};
  },
  scope: ({ address }) => ({ firewall: true, ip6: familyOf(address) === "ip6" }),
  plan,
  remove,
  refuse: (desired, host) => {
    const chain = chainOf(desired);
    if (chain !== undefined) mustBeInOneBackend(traces(chain), host);
  },
  marks: (desired, { firewall }, context) => {
    const table = firewall.get("nat");
    const chain = knownChain(desired, table, context) ?? "";
    return rulesOf(firewall, "nat", chain).flatMap((rule) => noteOf(rule)?.mark ?? []);
  },
  exists: (desired, { firewall }, context) => {
    const table = firewall.get("nat");
    return table?.has(knownChain(desired, table, context) ?? "") ?? false;
  },
  /** `chainName`: the endpoint's chain; `serviceChainName`: the chain that leads to it. */
  outputs: (desired, host, context) => {
    const service = findService(desired.service, host.firewall.get("nat"));
    const chain = endpointChainName(endpointPrefix(service), desired.name);
    return {
      chainName: chain,
      serviceChainName: service.serviceChain,
      newTables: originOutputs([{ table: "nat", chain }], host, context).newTables,
      ...LAYOUT,
    };
  },
  last: true,
  immutable: ["name"],
  mustReplace: otherTables,
};

const onIptables = inTablesOfItsService(inOneFamily);

const onNftables = endpointOnNftables<Desired>(conditionsOf);

/** How an endpoint with these arguments is laid out on each backend. */
export const endpointParts = {
  iptables: (args: Record<string, unknown>) => partsOf(onIptables, schema.parse(args)),
  nftables: (args: Record<string, unknown>) => partsOf(onNftables, schema.parse(args)),
};

const onItsBackend = onEither(onIptables, onNftables, isBehindNftables);

/** What a service that has become another, on the other backend or in another NatChain there, has still of this endpoint. */
function elsewhere(desired: Desired, host: Snapshot, context: Context): Step[] {
  const onOtherTable = leftOnNftables(desired, host, context);
  if (!isBehindNftables(desired, host, context)) return onOtherTable;
  const oldChain = planIn(familyOf(desired.address), host, context, (seen, as) => oldChainSteps(undefined, seen, as));
  return [...oldChain, ...onOtherTable];
}

/** By now it is one of those that its service carries. */
function isCarried(desired: Desired, { firewall }: Snapshot, context: Context): boolean {
  const table = firewall.get(tableOf(familyOf(desired.address), "nat"));
  const leading = leadingTo(knownChain(desired, table, context) ?? "", table, context);
  return allServices(table).some((each) => leading.includes(each.serviceChain) && isCarrying(each));
}

/** One address behind a service, on the backend of its NatChain. */
export const endpoint: Definition<Desired> = {
  ...onItsBackend,
  needs: (desired, host, context) => {
    const family = familyOf(desired.address);
    const chain = knownChain(desired, host.firewall.get(tableOf(family, "nat")), context) ?? desired.name;
    return isBehindNftables(desired, host, context) ? [] : endpointNeeds(chain, family, context);
  },
  declares: ({ service, name }) => ({ [ownClaim(service)]: name }),
  disagrees: (desired, of): Record<string, string> => ({
    ...inOneFamily.disagrees?.(desired, of),
    ...(of(carryingClaim(desired.service)) !== undefined && { service: ownAndCarried(desired.service, desired.name) }),
  }),
  plan: (desired, host, context) => {
    mustNotCarry(desired.service, desired.name, host);
    return [...onItsBackend.plan(desired, host, context), ...elsewhere(desired, host, context)];
  },
  remove: (desired, host, context) =>
    isCarried(desired, host, context) ? [] : onItsBackend.remove(desired, host, context),
};
