import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { Refusal } from "../errors.js";
import { endpointChainName, partName, prefixOf, serviceName, serviceReference, tooLong } from "../model/chain-name.js";
import { drift } from "../model/drift.js";
import { endpointPrefix, findService } from "../model/find-service.js";
import { notYet } from "../model/not-yet.js";
import { leftovers, originOutputs, ruleComment } from "../model/origin.js";
import { mustBeInOneBackend, mustLeaveNoneBehind } from "../model/other-backend.js";
import { keptForUs, mustBeOurChain } from "../model/our-chain.js";
import { isMarked, isOurs, ownerOf, shownRule } from "../model/rule-comment.js";
import { factsOf, sameRule } from "../model/rule-facts.js";
import { type Chain, type Rule, rulesOf, type Table } from "../model/ruleset.js";
import { allServices, endpointRule, type Jump, jumpsIn, serviceRules } from "../model/service.js";
import type { Snapshot } from "../model/snapshot.js";
import { ipv4 } from "../model/values.js";
import type { Step } from "../plan.js";

const schema = z
  .strictObject({
    /** "CHAIN/NAME", which is a ServiceVip's id, or "NAME" where only one chain has such a service. */
    service: serviceName,
    name: partName,
    address: ipv4,
    weight: notYet("a weight", 1),
    ready: notYet("an endpoint that is not ready", true),
    serving: notYet("an endpoint that does not serve", true),
    terminating: notYet("an endpoint that is going away", false),
    local: notYet("a traffic policy"),
  })
  .superRefine(({ service, name }, issue) => {
    const { chain } = serviceReference(service);
    const message = chain === undefined ? undefined : tooLong(endpointChainName(prefixOf(chain), name), name);
    if (message) issue.addIssue({ code: "custom", path: ["name"], message: `"${name}" in ${chain} ${message}` });
  });

type Desired = z.infer<typeof schema>;

/** The endpoint's chain where the arguments say it all; by a bare service name only the host knows. */
function chainOf({ service, name }: Desired): string | undefined {
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

/** The service chains that lead to an endpoint chain by a rule of ours: two, when the endpoint has just changed its service. */
function leadingTo(endpoint: string, table: Table | undefined, context: Context): [name: string, chain: Chain][] {
  const leads = (rule: Rule) => factsOf(rule).target === endpoint && isOurs(rule, context);
  return [...(table ?? [])].filter(([name, { rules }]) => name.includes("-SVC-") && rules.some(leads));
}

function without(endpoint: string, [name, chain]: [string, Chain], why: string): Step {
  const left = jumpsIn(chain).filter(({ endpointChain }) => endpointChain !== endpoint);
  return { do: "chain", table: "nat", chain: name, rules: serviceRules(left), why };
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
    const jumps = leading.flatMap(([, { rules }]) => rules.filter((rule) => factsOf(rule).target === endpoint));
    mustBeOurChain(endpoint, [...found.rules, ...jumps], context);
  }

  const comment = ruleComment({ table: "nat", chain: endpoint }, host, context);
  const rule = endpointRule(desired.address, service, comment);
  const steps: Step[] = [];
  const wrong = wrongEndpoint(desired, endpoint, found, rule, context);
  if (wrong) steps.push({ do: "chain", table: "nat", chain: endpoint, rules: [rule], why: wrong });
  for (const old of leading.filter(([name]) => name !== service.serviceChain))
    steps.push(without(endpoint, old, drift("service", `a jump from ${old[0]}`, desired.service)));
  steps.push(...jumpSteps(desired.service, service.serviceChain, endpoint, comment, table));
  return [...steps, ...oldChainSteps(endpoint, host, context)];
}

/** Is the service alone what is missing, by its rule in the NatChain? The ServiceVip shows that, and nothing of the endpoint is wrong. */
function isWhole({ service, address }: Desired, table: Table | undefined, context: Context): boolean {
  const { chainName, serviceChainName } = context.previous ?? {};
  const found = table?.get(String(chainName));
  if (
    found?.rules.length !== 1 ||
    ownerOf(found.rules[0]!, context.owner) !== "ours" ||
    context.previous?.service !== service
  )
    return false;
  const leads = leadingTo(String(chainName), table, context).some(([name]) => name === serviceChainName);
  return (
    leads &&
    addressIn(found.rules[0]!) === address &&
    !allServices(table).some((each) => each.serviceChain === serviceChainName)
  );
}

/** What of the endpoint's chain is not as declared; "" when all is. */
function wrongEndpoint(
  { name, address }: Desired,
  endpoint: string,
  found: Chain | undefined,
  rule: Rule,
  context: Context,
): string {
  if (!found) return drift("name", `no chain ${endpoint}`, name);
  const [first, ...rest] = found.rules;
  if (first && rest.length === 0 && sameRule(first, rule) && ownerOf(first, context.owner) === "ours") return "";
  const now = found.rules.length === 1 ? addressIn(found.rules[0]!) : undefined;
  if (found.rules.length === 0 || (now && now !== address)) return drift("address", now, address);
  return drift("address", found.rules.map(shownRule), shownRule(rule));
}

const addressIn = (rule: Rule) => factsOf(rule).options.get("--to-destination")?.split(":")[0];

/** Judges this endpoint's own jump; when that is wrong the whole service is laid out anew, all probabilities exact. */
function jumpSteps(
  service: string,
  serviceChain: string,
  endpoint: string,
  comment: string,
  table: Table | undefined,
): Step[] {
  const chain = table?.get(serviceChain);
  const present = jumpsIn(chain);
  const own = present.find(({ endpointChain }) => endpointChain === endpoint);
  const jumps: Jump[] = own ? present : [...present, { endpointChain: endpoint, comment }];
  const rules = serviceRules(jumps);
  const at = rules.findIndex((rule) => factsOf(rule).target === endpoint);
  // What is no jump of ours shifts the places, and is the ServiceVip's concern.
  const marked = chain?.rules.filter(isMarked) ?? [];
  const now = marked[at];
  if (own && now && sameRule(now, rules[at]!)) return [];
  const place = (rule: Rule, all: Rule[]) => `jump ${all.indexOf(rule) + 1} of ${serviceChain}, ${shownRule(rule)}`;
  const why = own?.rule
    ? drift("service", place(own.rule, marked), place(rules[at]!, rules))
    : drift("service", `no jump from ${serviceChain} to ${endpoint}`, service);
  return [{ do: "chain", table: "nat", chain: serviceChain, rules, why }];
}

/** By a bare name a service can move to a chain of another prefix: then the endpoint's chain has a new name. */
function oldChainSteps(endpoint: string, host: Snapshot, context: Context): Step[] {
  const old = context.previous?.chainName;
  return typeof old === "string" && old !== endpoint ? removeChain(old, host, context) : [];
}

/** Takes an endpoint chain away, and first every jump to it. */
function removeChain(endpoint: string, host: Snapshot, context: Context): Step[] {
  const table = host.firewall.get("nat");
  const found = table?.get(endpoint);
  const leading = leadingTo(endpoint, table, context);
  const owners = found?.rules.map((rule) => ownerOf(rule, context.owner)) ?? [];
  const ours = owners.includes("ours") || leading.length > 0 || keptForUs(found?.rules ?? [], context);
  if (!found || owners.includes("other") || !ours) return [];
  const why = drift("name", `chain ${endpoint}`, undefined);
  return [
    ...leading.map((each) => without(endpoint, each, why)),
    { do: "chain", table: "nat", chain: endpoint, rules: null, why },
  ];
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const endpoint = knownChain(desired, host.firewall.get("nat"), context);
  if (endpoint === undefined) return [];
  mustLeaveNoneBehind(traces(endpoint), host, context);
  const gone = rulesOf(host.firewall, "nat", endpoint)
    .filter((rule) => ownerOf(rule, context.owner) === "ours")
    .map((rule) => ({ table: "nat" as const, chain: endpoint, rule }));
  return [...removeChain(endpoint, host, context), ...leftovers("nat", gone, host, context)];
}

/** One address behind a service. */
export const endpoint: Definition<Desired> = {
  kind: "Endpoint",
  schema,
  id: (desired) => chainOf(desired) ?? desired.name,
  claims: (desired) => {
    const chain = chainOf(desired);
    return [
      { property: "address", claim: `endpoint ${desired.address} of service ${desired.service}`, shareable: true },
      ...(chain === undefined ? [] : [{ property: "name", claim: `endpoint chain ${chain}` }]),
    ];
  },
  scope: () => ({ firewall: true }),
  plan,
  remove,
  refuse: (desired, host) => {
    const chain = chainOf(desired);
    if (chain !== undefined) mustBeInOneBackend(traces(chain), host);
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
    };
  },
  last: true,
  immutable: ["name"],
  mustReplace: ({ service: before }, { service: after }) => {
    if (typeof before !== "string" || typeof after !== "string") return [];
    const [old, wanted] = [serviceReference(before).chain, serviceReference(after).chain];
    return old !== undefined && wanted !== undefined && old !== wanted ? ["service"] : [];
  },
};
