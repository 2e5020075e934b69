import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { Prerequisite, Refusal } from "../errors.js";
import { chainName, partName, prefixOf, serviceChainName, tooLong } from "../model/chain-name.js";
import { drift } from "../model/drift.js";
import { notYet } from "../model/not-yet.js";
import { leftovers, originOutputs, type Place, ruleComment } from "../model/origin.js";
import { isFor, mustBeInOneBackend, mustLeaveNoneBehind } from "../model/other-backend.js";
import { keptForUs, mustBeOurChain } from "../model/our-chain.js";
import { ownerName } from "../model/ownership.js";
import { isMarked, isOurs, noteOf, sameNote, shownRule } from "../model/rule-comment.js";
import { factsOf, sameRule } from "../model/rule-facts.js";
import { type Chain, type Rule, rulesOf, type Table } from "../model/ruleset.js";
import { allServices, type Dispatch, endpointAddress, jumpsIn, type Service } from "../model/service.js";
import { portsSchema } from "../model/service-port.js";
import { dispatchRule, endpointRules } from "../model/service-rules.js";
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

/** One for each port. */
const servicesOf = ({ address, ports }: Desired): Service[] =>
  ports.map(({ protocol, port, targetPort }) => ({ address, protocol, port, targetPort }));

const chainOf = ({ chain, name }: Desired) => serviceChainName(prefixOf(chain), name);

interface Observed {
  table: Table | undefined;
  serviceChain: Chain | undefined;
  /** Rules of our stack that lead to the service chain, one a port when all is well; with `adopt` unmarked ones too. */
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
  rule: (rule: Rule, place: Place) => servicesOf(desired).some((each) => isFor(each)(rule, place)),
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

  const wanted = servicesOf(desired).map((service) =>
    dispatchRule(
      service,
      name,
      ruleComment({ table: "nat", chain }, host, context, { targetPort: service.targetPort }),
    ),
  );
  const right = wanted.map((rule) => dispatches.find((each) => sameRule(each, rule) && sameNote(each, rule)));
  const wrong = dispatches.filter((rule) => !right.includes(rule));
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
  const why = missing ?? wrongDispatches(desired, right, wrong);
  for (const rule of wrong) steps.push({ do: "rule", table: "nat", chain, rule, at: "gone", why });
  for (const [at, rule] of wanted.entries())
    if (!right[at]) steps.push({ do: "rule", table: "nat", chain, rule, at: "last", why });
  if (why) steps.push(...endpointSteps(desired, table, serviceChain, why));
  for (const old of addressesOf(wrong, context).filter((each) => each !== address))
    steps.push(...routeRemoval(old, wrong, host));
  return [...steps, ...vipRouteSteps(`${address}/32`, ["address", address], host)];
}

/** Names the arguments that the rules which lead to the service chain say otherwise; "" when all are right. */
function wrongDispatches(desired: Desired, right: (Rule | undefined)[], wrong: Rule[]): string {
  const left = [...wrong];
  const services = servicesOf(desired);
  const missing = services.flatMap((service, at) =>
    right[at] ? [] : wrongDispatch(desired.chain, service, at, left.shift()),
  );
  return [...missing, ...left.map((rule) => drift("ports", shownRule(rule), services.map(shown)))].join("; ");
}

function wrongDispatch(chain: string, service: Service, at: number, found: Rule | undefined): string {
  if (!found) return drift("address", `no rule in ${chain}`, shown(service));
  const { options } = factsOf(found);
  const wrong = [
    ["address", options.get("-d")?.replace(/\/32$/, ""), service.address] as const,
    [`ports[${at}].protocol`, options.get("-p"), service.protocol] as const,
    [`ports[${at}].port`, options.get("--dport"), service.port] as const,
    [`ports[${at}].targetPort`, noteOf(found)?.targetPort, service.targetPort] as const,
  ].filter(([, is, wanted]) => String(is) !== String(wanted));
  if (wrong.length === 0) return drift("address", shownRule(found), `one rule for ${shown(service)}`);
  return wrong.map(([argument, is, wanted]) => drift(argument, is, wanted)).join("; ");
}

/** The endpoints follow other ports in the same transaction; each keeps its address and its owner. */
function endpointSteps({ ports }: Desired, table: Table, serviceChain: Chain | undefined, why: string): Step[] {
  return jumpsIn(serviceChain).flatMap(({ endpointChain, comment }): Step[] => {
    const found = table.get(endpointChain);
    const address = endpointAddress(found);
    if (!address) return [];
    const rules = endpointRules(address, ports, comment);
    if (found?.rules.length === rules.length && rules.every((rule, at) => sameRule(found.rules[at]!, rule))) return [];
    return [{ do: "chain", table: "nat", chain: endpointChain, rules, why }];
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
  const others = allServices(table).filter((each) => each.serviceChain !== chainOf(desired));
  for (const service of servicesOf(desired)) {
    const holder = others.find((each) => shown(each) === shown(service));
    if (holder)
      throw new Refusal(
        `${shown(service)} is taken by the service ${idOf(holder)} of ${ownerOf(holder)}: use another address or port, or remove that service first`,
      );
  }
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

/** What a client of the first port types: `https` where port or name say so, `http` for all other TCP; else the protocol ("udp://"). */
function urlOf({ address, ports }: Desired): string {
  const { protocol, port, name } = ports[0]!;
  const scheme = protocol !== "tcp" ? protocol : port === 443 || name === "https" ? "https" : "http";
  return `${scheme}://${address}:${port}`;
}

/** A virtual IP and port whose connections are spread over the endpoints; without any the kernel answers as if it weren't there. */
export const serviceVip: Definition<Desired> = {
  kind: "ServiceVip",
  schema,
  id: ({ chain, name }) => `${chain}/${name}`,
  claims: (desired) => [
    { property: "name", claim: `chain ${chainOf(desired)}` },
    ...servicesOf(desired).map((each) => ({ property: "address", claim: `service address ${shown(each)}` })),
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
    hostPort: `${desired.address}:${desired.ports[0]!.port}`,
    url: urlOf(desired),
    newTables: originOutputs([{ table: "nat", chain: desired.chain }], host, context).newTables,
  }),
  immutable: ["chain", "name"],
};
