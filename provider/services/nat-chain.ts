import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { network } from "../kernel/address.js";
import { FAMILIES, familyOf } from "../kernel/family.js";
import { rulesOf, tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import { inSequence } from "../kernel/sequence.js";
import { shown } from "../kernel/shown.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Need } from "../kernel/unreadable.js";
import { listOnce } from "../kernel/values.js";
import { noteOf } from "../ownership/comment.js";
import { leftovers, type Origin, originOutputs, type Place } from "../ownership/origin.js";
import { bulkServices, problemsIn } from "./bulk-args.js";
import { withServices } from "./bulk-services.js";
import { chainName, endpointChainName, masqueradeChainName, prefixOf } from "./chain-name.js";
import { isIdle6 } from "./iptables/chain6.js";
import { dnatSchema, nftRule } from "./iptables/dnat.js";
import { outputsIn, planIn, plansInEach, seenIn } from "./iptables/in-family.js";
import {
  asFound,
  type ChainWish,
  chainPlan,
  chainRemoval,
  chainTraces,
  isAnchor,
  jumpsTo,
  notDeclared,
} from "./iptables/nat-chain-rules.js";
import { isFromBefore, LAYOUT } from "./layout-age.js";
import { NEEDS_NFT, serviceWords } from "./needs.js";
import type { ChainSpec } from "./nftables/chain-spec.js";
import { onBackend } from "./nftables/change-backend.js";
import { chainOnNftables } from "./nftables/nat-chain.js";
import { mustBeInOneBackend } from "./other-backend.js";
import type { Family } from "./spec.js";
import { rangeClaim, rangeGateSteps, rangeRemoval, rangeSteps } from "./vip-range.js";

const HOOKS = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] as const;

const schema = z
  .strictObject({
    name: chainName,
    /** Built-in chains that jump here; by default what services need: PREROUTING (from elsewhere) and OUTPUT (from the host itself). */
    hooks: listOnce(
      z.enum(HOOKS, {
        error: ({ input }) => `${shown(input)} is no hook of table nat: use ${HOOKS.join(", ")}`,
      }),
    ).default(["PREROUTING", "OUTPUT"]),
    backend: z
      .enum(["iptables", "nftables"], {
        error: ({ input }) => `${shown(input)} is no backend: write "iptables" or "nftables", or leave it out`,
      })
      .default("iptables"),
    /** Plain DNAT rules, before the services. */
    rules: z.array(dnatSchema).default([]),
    /** All of it gets a route when the host has none, so that the services inside need none of their own; what none of them takes is dropped. */
    vipRange: network.optional(),
    /** Declared in bulk; others may be there as resources of their own. */
    services: bulkServices.optional(),
  })
  .superRefine(({ name, backend, hooks, services = [], vipRange }, issue) => {
    for (const problem of problemsIn(name, services, vipRange)) issue.addIssue({ code: "custom", ...problem });
    const other = hooks.find((hook) => hook === "INPUT" || hook === "POSTROUTING");
    if (backend === "nftables" && other)
      issue.addIssue({
        code: "custom",
        path: ["hooks"],
        message: `${shown(other)} comes too late to change where a packet goes: use PREROUTING and OUTPUT on nftables`,
      });
  });

type Desired = z.infer<typeof schema>;

/** What of it is in the tables of one family. */
const wishIn = (family: Family, { name, hooks, rules }: Desired): ChainWish => ({
  name,
  hooks,
  rules: rules.filter(({ destination }) => familyOf(destination) === family),
});

const rangeIn = (family: Family, { vipRange }: Desired) =>
  vipRange !== undefined && familyOf(vipRange) === family ? vipRange : undefined;

/** Does it carry services of that family? */
const hasServices = (family: Family, { services = [] }: Desired) =>
  services.some(({ address }) => familyOf(address) === family);

/**
 * In IPv4's table nat the chain is always. In IPv6's it is for the sake of DNAT rules of that family, or of services: the first one that comes
 * makes it, and the last one that goes takes it away.
 */
function plan6(desired: Desired, host: Snapshot, context: Context): Step[] {
  const wish = wishIn("ip6", desired);
  const isThere = host.firewall.get(tableOf("ip6", "nat"))?.has(desired.name);
  if (wish.rules.length === 0 && !isThere) return [];
  const isNeeded = wish.rules.length > 0 || !isIdle6(desired.name, host, true);
  return planIn("ip6", host, context, (seen, as) =>
    isNeeded ? chainPlan(wish, seen, as) : chainRemoval(wish, seen, as).steps,
  );
}

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  const steps = inSequence(host, [
    (now) => chainPlan(wishIn("ip", desired), now, context),
    (now) => plan6(desired, now, context),
    (now) => rangeSteps(desired, now, context, "iptables"),
  ]);
  if (steps.length === 0 && isFromBefore(context)) return [];
  const gates = plansInEach(context, (family, seen, as) =>
    rangeGateSteps({ name, vipRange: rangeIn(family, desired) }, seen, as),
  );
  return inSequence(host, [() => steps, ...gates]);
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name, vipRange } = desired;
  const { ours } = chainRemoval(wishIn("ip", desired), host, context);
  const parts = plansInEach(context, (family, seen, as) => [
    ...chainRemoval(wishIn(family, desired), seen, as).steps,
    ...(ours ? rangeGateSteps({ name }, seen, as, notDeclared(name)) : []),
    ...leftovers("filter", [], seen, as),
  ]);
  return [...inSequence(host, parts), ...(ours && vipRange ? rangeRemoval(vipRange, host) : [])];
}

/** Of what makes the chain what it is. */
function marksOf({ name }: Desired, { firewall }: Snapshot): string[] {
  const jumps = jumpsTo(name, firewall.get("nat")).map(({ rule }) => rule);
  const anchors = [...jumps, ...rulesOf(firewall, "nat", name).filter(isAnchor)];
  return anchors.flatMap((rule) => noteOf(rule)?.mark ?? []);
}

/** The places of its rules in one family's tables. */
function placesIn(family: Family, desired: Desired): Place[] {
  const { name, hooks } = desired;
  const serves = hasServices(family, desired);
  const isThere = family === "ip" || serves || wishIn(family, desired).rules.length > 0;
  return [
    ...(isThere ? [...hooks, name].map((chain): Place => ({ table: "nat", chain })) : []),
    ...(serves || rangeIn(family, desired) ? [{ table: "filter", chain: name } as const] : []),
  ];
}

/** The chains that its rules are in or lead to, and those of the services that it carries. */
function wordsOf({ name, services = [] }: Desired): string[] {
  const endpoints = (names: { name: string }[]) => names.map((each) => endpointChainName(prefixOf(name), each.name));
  const carried = services.flatMap((each) => [...serviceWords(name, each.name), ...endpoints(each.endpoints ?? [])]);
  return [...new Set([name, masqueradeChainName(name), ...carried])];
}

/**
 * A chain that is in a family's tables already, or that changes its backend, may have services of
 * others there.
 */
function needs(desired: Desired, { firewall, natTables }: Snapshot, { previous }: Context): Need[] {
  const { name, backend } = desired;
  const before = natTables.has(name) ? "nftables" : previous ? (previous.backend ?? "iptables") : backend;
  const backends = new Set<unknown>([backend, before]);
  const both = (family: Family) => (["nat", "filter"] as const).map((table) => tableOf(family, table));
  const isThere = (family: Family) => both(family).some((table) => firewall.get(table)?.has(name));
  const words = wordsOf(desired);
  const tables = FAMILIES.flatMap((family) => {
    if (backends.size > 1 || isThere(family)) return both(family);
    return backend === "iptables" ? placesIn(family, desired).map(({ table }) => tableOf(family, table)) : [];
  });
  return [...(backends.has("nftables") ? NEEDS_NFT : []), ...[...new Set(tables)].map((of) => ({ of, words }))];
}

const onIptables: Definition<Desired> = {
  kind: "NatChain",
  schema,
  id: ({ name }) => name,
  claims: ({ name }) => [
    { property: "name", claim: `chain ${name}` },
    { property: "name", claim: `the prefix ${prefixOf(name)}- of service chains` },
  ],
  declares: ({ name, vipRange }) => (vipRange ? { [rangeClaim(name)]: vipRange } : {}),
  scope: (desired) => ({
    firewall: true,
    routes: true,
    ip6: placesIn("ip6", desired).length > 0,
  }),
  needs,
  plan,
  remove,
  refuse: (desired, host) => {
    for (const family of FAMILIES) mustBeInOneBackend(chainTraces(desired), seenIn(family, host));
  },
  marks: marksOf,
  exists: ({ name }, { firewall }) => firewall.get("nat")?.has(name) ?? false,
  outputs: (desired, host, context) => {
    const [ip, ip6] = FAMILIES.map((family) =>
      outputsIn(family, host, context, (seen, as) => ({
        ...originOutputs(placesIn(family, desired), asFound(wishIn(family, desired), seen, as), as),
      })),
    ) as unknown as [Origin, Origin];
    return {
      newTables: [...ip.newTables, ...ip6.newTables],
      newChains: [...ip.newChains, ...ip6.newChains],
      ...LAYOUT,
    };
  },
  immutable: ["name"],
};

/** nat OUTPUT and PREROUTING are all that a packet's destination can be changed in. */
function specOf({ name, hooks, vipRange, rules }: Desired, mark: string): ChainSpec {
  return {
    name,
    mark,
    hooks: (["prerouting", "output"] as const).filter((hook) => hooks.some((each) => each.toLowerCase() === hook)),
    vipRanges: vipRange ? [vipRange] : [],
    rules: rules.map(nftRule),
  };
}

/** A chain in which services hang, on the backend that its arguments say. */
export const natChain = withServices(onBackend(onIptables, chainOnNftables(specOf)));
