import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { Prerequisite, Refusal } from "../errors.js";
import { chainName, partName, prefixOf, serviceChainName, tooLong } from "../model/chain-name.js";
import { drift } from "../model/drift.js";
import { notYet } from "../model/not-yet.js";
import { leftovers, originOutputs, ruleComment } from "../model/origin.js";
import { isFor, mustBeInOneBackend, mustLeaveNoneBehind } from "../model/other-backend.js";
import { keptForUs, mustBeOurChain } from "../model/our-chain.js";
import { ownerName } from "../model/ownership.js";
import { isMarked, isOurs, noteOf, shownRule } from "../model/rule-comment.js";
import { factsOf, sameRule } from "../model/rule-facts.js";
import { type Chain, type Rule, rulesOf, type Table } from "../model/ruleset.js";
import {
  allServices,
  type Dispatch,
  dispatchRule,
  endpointAddress,
  endpointRule,
  jumpsIn,
  type Service,
} from "../model/service.js";
import { portsSchema } from "../model/service-port.js";
import type { Snapshot } from "../model/snapshot.js";
import { ipv4 } from "../model/values.js";
import { vipRouteRemoval, vipRouteSteps } from "../model/vip-route.js";
import type { Step } from "../plan.js";

const schema = z
  .strictObject({
    chain: chainName,
    name: partName,
    address: ipv4,
    ports: portsSchema,
    sessionAffinity: notYet("session affinity", "None"),
    sessionAffinityTimeoutSeconds: notYet("session affinity"),
    externalIPs: notYet("a service on external addresses"),
    loadBalancerSourceRanges: notYet("a limit on source addresses"),
    externalTrafficPolicy: notYet("a traffic policy", "Cluster"),
    internalTrafficPolicy: notYet("a traffic policy", "Cluster"),
  })
  .superRefine(({ chain, name }, issue) => {
    const message = tooLong(serviceChainName(prefixOf(chain), name), name);
    if (message) issue.addIssue({ code: "custom", path: ["name"], message: `"${name}" in ${chain} ${message}` });
  });

type Desired = z.infer<typeof schema>;

const serviceOf = ({ address, ports }: Desired): Service => {
  const { port, protocol, targetPort = port } = ports[0]!;
  return { address, protocol, port, targetPort };
};

const chainOf = ({ chain, name }: Desired) => serviceChainName(prefixOf(chain), name);

interface Observed {
  table: Table | undefined;
  serviceChain: Chain | undefined;
  /** Rules of our stack that lead to the service chain, one when all is well; with `adopt` unmarked ones too. */
  dispatches: Rule[];
}

function observe(desired: Desired, { firewall }: Snapshot, context: Context): Observed {
  const table = firewall.get("nat");
  const leading = rulesOf(firewall, "nat", desired.chain).filter((rule) => factsOf(rule).target === chainOf(desired));
  return {
    table,
    serviceChain: table?.get(chainOf(desired)),
    dispatches: leading.filter((rule) => isOurs(rule, context) || (context.adopt && !isMarked(rule))),
  };
}

const traces = (desired: Desired) => ({
  what: `service ${desired.chain}/${desired.name}`,
  chains: [chainOf(desired)],
  rule: isFor(serviceOf(desired)),
});

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { chain, address } = desired;
  mustBeInOneBackend(traces(desired), host);
  const name = chainOf(desired);
  const { table, serviceChain, dispatches } = observe(desired, host, context);
  if (!table?.has(chain))
    throw new Prerequisite(
      `chain ${chain} of table nat is missing: declare new NatChain(…, { name: "${chain}" }) and pass that resource as chain, or add it to dependsOn`,
    );
  if (serviceChain) mustBeOurService(desired, table, serviceChain, context);
  mustBeFree(desired, table);

  const service = serviceOf(desired);
  const comment = ruleComment({ table: "nat", chain }, host, context, { targetPort: service.targetPort });
  const wanted = dispatchRule(service, name, comment);
  const right = dispatches.find((rule) => sameRule(rule, wanted) && noteOf(rule)?.targetPort === service.targetPort);
  const wrong = dispatches.filter((rule) => rule !== right);
  const junk = serviceChain?.rules.find((rule) => !isMarked(rule));
  const steps: Step[] = [];
  const missing = serviceChain ? undefined : drift("name", `no chain ${name}`, desired.name);
  if (missing) steps.push({ do: "chain", table: "nat", chain: name, rules: [], why: missing });
  else if (junk)
    steps.push({
      do: "chain",
      table: "nat",
      chain: name,
      rules: serviceChain!.rules.filter(isMarked),
      why: drift(`chain ${name}`, shownRule(junk), "jumps to endpoints only"),
    });
  const why = missing ?? wrongDispatch(desired, wrong[0]);
  for (const rule of wrong) steps.push({ do: "rule", table: "nat", chain, rule, at: "gone", why });
  if (!right) {
    steps.push({ do: "rule", table: "nat", chain, rule: wanted, at: "last", why });
    steps.push(...endpointSteps(service, table, serviceChain, why));
  }
  for (const old of addressesOf(wrong, context).filter((each) => each !== address))
    steps.push(...routeRemoval(old, wrong, host));
  return [...steps, ...vipRouteSteps(`${address}/32`, ["address", address], host)];
}

/** Names the arguments that a rule which leads to the service chain says otherwise. */
function wrongDispatch(desired: Desired, found: Rule | undefined): string {
  const service = serviceOf(desired);
  if (!found) return drift("address", `no rule in ${desired.chain}`, shown(service));
  const { options } = factsOf(found);
  const wrong = [
    ["address", options.get("-d")?.replace(/\/32$/, ""), service.address] as const,
    ["ports[0].protocol", options.get("-p"), service.protocol] as const,
    ["ports[0].port", options.get("--dport"), service.port] as const,
    ["ports[0].targetPort", noteOf(found)?.targetPort, service.targetPort] as const,
  ].filter(([, is, wanted]) => String(is) !== String(wanted));
  if (wrong.length === 0) return drift("address", shownRule(found), `one rule for ${shown(service)}`);
  return wrong.map(([argument, is, wanted]) => drift(argument, is, wanted)).join("; ");
}

/** The endpoints follow a new target port or protocol in the same transaction; each keeps its address and its owner. */
function endpointSteps(service: Service, table: Table, serviceChain: Chain | undefined, why: string): Step[] {
  return jumpsIn(serviceChain).flatMap(({ endpointChain }): Step[] => {
    const found = table.get(endpointChain);
    const now = endpointAddress(found);
    if (!now) return [];
    const rule = endpointRule(now.address, service, now.comment);
    if (found?.rules.length === 1 && sameRule(found.rules[0]!, rule)) return [];
    return [{ do: "chain", table: "nat", chain: endpointChain, rules: [rule], why }];
  });
}

/** The chain is whose the rules that lead to it are; where none does, whose endpoints are in it. */
function mustBeOurService(desired: Desired, table: Table, serviceChain: Chain, context: Context): void {
  const name = chainOf(desired);
  const leading = allServices(table).filter((each) => each.serviceChain === name);
  const elsewhere = leading.find((each) => each.chain !== desired.chain);
  if (elsewhere)
    throw new Refusal(
      `chain ${name} of table nat belongs to the service ${idOf(elsewhere)} of ${ownerOf(elsewhere)}: give this service or its chain another name`,
    );
  const endpoints = leading.length === 0 && serviceChain.rules.some((rule) => isOurs(rule, context));
  if (!endpoints)
    mustBeOurChain(name, leading.length > 0 ? leading.map(({ rule }) => rule) : serviceChain.rules, context);
}

function mustBeFree(desired: Desired, table: Table): void {
  const service = serviceOf(desired);
  const same = ({ address, protocol, port }: Service) =>
    address === service.address && protocol === service.protocol && port === service.port;
  const holder = allServices(table).find((each) => each.serviceChain !== chainOf(desired) && same(each));
  if (holder)
    throw new Refusal(
      `${shown(service)} is taken by the service ${idOf(holder)} of ${ownerOf(holder)}: use another address or port, or remove that service first`,
    );
}

const idOf = ({ chain, serviceChain }: Dispatch) => `${chain}/${serviceChain.slice(`${prefixOf(chain)}-SVC-`.length)}`;
const ownerOf = ({ rule }: Dispatch) => ownerName(noteOf(rule)?.mark ?? "");
const shown = ({ address, port, protocol }: Service) => `${address}:${port} (${protocol})`;

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { chain } = desired;
  mustLeaveNoneBehind(traces(desired), host, context);
  const name = chainOf(desired);
  const { table, serviceChain, dispatches } = observe(desired, host, context);
  const why = drift("name", desired.name, undefined);
  const leading = allServices(table).filter((each) => each.serviceChain === name);
  const ours = dispatches.length > 0 || (leading.length === 0 && keptForUs(serviceChain?.rules ?? [], context));
  const gone = dispatches.map((rule) => ({ table: "nat" as const, chain, rule }));
  return [
    ...gone.map((each): Step => ({ do: "rule", ...each, at: "gone", why })),
    // Endpoints that are still there keep their own chains, and go with their own resources
    ...(serviceChain && ours ? [{ do: "chain", table: "nat", chain: name, rules: null, why } as const] : []),
    ...leftovers("nat", gone, host, context),
    ...[...new Set([desired.address, ...addressesOf(dispatches, context)])].flatMap((each) =>
      routeRemoval(each, dispatches, host),
    ),
  ];
}

function addressesOf(dispatches: Rule[], { previous }: Context): string[] {
  const now = dispatches.flatMap((rule) => factsOf(rule).options.get("-d")?.split("/")[0] ?? []);
  return [...new Set([...now, ...(typeof previous?.address === "string" ? [previous.address] : [])])];
}

/** The route to an address stays as long as a service of ours, whichever stack's, is there. */
function routeRemoval(address: string, own: Rule[], host: Snapshot): Step[] {
  const needed = allServices(host.firewall.get("nat")).some(
    (each) => each.address === address && !own.includes(each.rule),
  );
  return needed ? [] : vipRouteRemoval(`${address}/32`, host);
}

/** What a client types: `https` where port or name say so, `http` for all other TCP, `udp://` for UDP. */
function urlOf(desired: Desired): string {
  const { address, protocol, port } = serviceOf(desired);
  const scheme = protocol === "udp" ? "udp" : port === 443 || desired.ports[0]!.name === "https" ? "https" : "http";
  return `${scheme}://${address}:${port}`;
}

/** A virtual IP and port whose connections are spread over the endpoints; without any the kernel answers as if it weren't there. */
export const serviceVip: Definition<Desired> = {
  kind: "ServiceVip",
  schema,
  id: ({ chain, name }) => `${chain}/${name}`,
  claims: (desired) => [
    { property: "name", claim: `chain ${chainOf(desired)}` },
    { property: "address", claim: `service address ${shown(serviceOf(desired))}` },
  ],
  scope: () => ({ firewall: true, routes: true }),
  plan,
  remove,
  refuse: (desired, host) => mustBeInOneBackend(traces(desired), host),
  exists: (desired, host, context) => {
    const { serviceChain, dispatches } = observe(desired, host, context);
    return serviceChain !== undefined || dispatches.length > 0;
  },
  /** `chainName`: the service chain; `hostPort`: "10.100.100.100:8080"; `url`: see urlOf. */
  outputs: (desired, host, context) => ({
    chainName: chainOf(desired),
    hostPort: `${desired.address}:${serviceOf(desired).port}`,
    url: urlOf(desired),
    newTables: originOutputs([{ table: "nat", chain: desired.chain }], host, context).newTables,
  }),
  immutable: ["chain", "name"],
};
