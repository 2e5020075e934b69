import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { Refusal } from "../errors.js";
import { bulkServices, problemsIn } from "../model/bulk-args.js";
import { chainName, prefixOf } from "../model/chain-name.js";
import { dnatRule, dnatSchema, nftRule } from "../model/dnat.js";
import { drift } from "../model/drift.js";
import { isFromBefore, LAYOUT } from "../model/layout-age.js";
import type { ChainSpec } from "../model/nft/chain-spec.js";
import { type Found, leftoverChains, leftovers, originOutputs, type Place, ruleComment } from "../model/origin.js";
import { mustBeInOneBackend, mustLeaveNoneBehind } from "../model/other-backend.js";
import { keptForUs, mustBeOurChain } from "../model/our-chain.js";
import { ownerName } from "../model/ownership.js";
import { commentMatch, isOurs, noteOf, shownRule } from "../model/rule-comment.js";
import { factsOf, sameRule } from "../model/rule-facts.js";
import { orderedFirst } from "../model/rule-order.js";
import { isBuiltIn, type Rule, rulesOf, type Table } from "../model/ruleset.js";
import { inSequence } from "../model/sequence.js";
import { shown } from "../model/shown.js";
import type { Snapshot } from "../model/snapshot.js";
import { listOnce, network4 } from "../model/values.js";
import type { Step } from "../plan.js";
import { withServices } from "./bulk-services.js";
import { onBackend } from "./nftables/change-backend.js";
import { chainOnNftables } from "./nftables/nat-chain.js";
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
    vipRange: network4.optional(),
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

interface Observed {
  table: Table | undefined;
  /** Jumps from built-in chains that carry our stack's mark. */
  jumps: Found[];
  /** The rules in the chain that are this resource's: all of our stack's but the services'. */
  own: Rule[];
}

function observe({ name }: Desired, { firewall }: Snapshot, context: Context): Observed {
  const table = firewall.get("nat");
  const jumps = jumpsTo(name, table).filter(({ rule }) => isOurs(rule, context));
  return {
    table,
    jumps,
    own: rulesOf(firewall, "nat", name).filter((rule) => isAnchor(rule) && isOurs(rule, context)),
  };
}

/** A table that holds nothing but the chain we take over goes with it: for what comes into it, it was not there before us. */
function asFound({ name }: Desired, host: Snapshot, { adopt, previous }: Context): Snapshot {
  const table = host.firewall.get("nat");
  if (!adopt || previous || table?.size !== 1 || !table.has(name)) return host;
  return { ...host, firewall: new Map([...host.firewall].filter(([each]) => each !== "nat")) };
}

/** Not a service's dispatch rule: those may be of other stacks, and say nothing about whose the chain is. */
const isAnchor = (rule: Rule) => noteOf(rule)?.targetPort === undefined;

function jumpsTo(name: string, table: Table | undefined): Found[] {
  return [...(table ?? [])].flatMap(([chain, { rules }]) =>
    isBuiltIn(chain)
      ? rules.filter((rule) => factsOf(rule).target === name).map((rule) => ({ table: "nat" as const, chain, rule }))
      : [],
  );
}

const traces = ({ name }: Desired) => ({ what: `chain ${name}`, chains: [name] });

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name, hooks } = desired;
  mustBeInOneBackend(traces(desired), host);
  const { table, jumps, own } = observe(desired, host, context);
  const chain = table?.get(name);
  if (chain) {
    const anchors = [...jumpsTo(name, table).map(({ rule }) => rule), ...chain.rules.filter(isAnchor)];
    mustBeOurChain(name, anchors, context, chain.rules);
  }
  const steps: Step[] = [];
  const missing = chain ? undefined : drift("name", undefined, name);
  if (missing) steps.push({ do: "chain", table: "nat", chain: name, rules: [], why: missing });
  const origin = asFound(desired, host, context);
  const wanted = wantedRules(desired, origin, context);
  const ordered = orderedFirst(name, chain?.rules ?? [], own, wanted, (rule) => context.adopt && !noteOf(rule));
  steps.push(...ordered.map((step) => ({ ...step, why: missing ?? step.why })));

  const adopted = context.adopt ? jumpsTo(name, table).filter(({ rule }) => !noteOf(rule)) : [];
  const shownJump = ({ chain, rule }: Found) =>
    factsOf(rule).options.size === 0 ? chain : `${chain} ${shownRule(rule)}`;
  const why = missing ?? drift("hooks", [...jumps, ...adopted].map(shownJump), hooks);
  const kept: Rule[] = [];
  for (const hook of hooks) {
    const rule = { spec: [...commentMatch(ruleComment({ table: "nat", chain: hook }, origin, context)), "-j", name] };
    const present = jumps.find((each) => each.chain === hook && sameRule(each.rule, rule));
    if (present) kept.push(present.rule);
    else steps.push({ do: "rule", table: "nat", chain: hook, rule, at: "last", why });
  }
  const gone = [...jumps.filter(({ rule }) => !kept.includes(rule)), ...adopted];
  steps.push(...gone.map((each): Step => ({ do: "rule", ...each, at: "gone", why })));
  steps.push(
    ...leftoverChains(
      gone.filter((each) => !hooks.some((hook) => hook === each.chain)),
      host,
    ),
  );

  steps.push(...rangeSteps(desired, host, context));
  if (steps.length === 0 && isFromBefore(context)) return [];
  return inSequence(host, [() => steps, (now) => rangeGateSteps(desired, now, context)]);
}

/** The DNAT rules; in a chain without hooks and rules one that does nothing, for a mark has to be somewhere. */
function wantedRules({ name, hooks, rules }: Desired, host: Snapshot, context: Context): Rule[] {
  const comment = commentMatch(ruleComment({ table: "nat", chain: name }, host, context));
  if (hooks.length === 0 && rules.length === 0) return [{ spec: comment }];
  return rules.map((rule) => dnatRule(rule, comment));
}

/** Of what makes the chain what it is, whichever stack's. */
function marksOf({ name }: Desired, { firewall }: Snapshot): string[] {
  const jumps = jumpsTo(name, firewall.get("nat")).map(({ rule }) => rule);
  const anchors = [...jumps, ...rulesOf(firewall, "nat", name).filter(isAnchor)];
  return anchors.flatMap((rule) => noteOf(rule)?.mark ?? []);
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name, vipRange } = desired;
  mustLeaveNoneBehind(traces(desired), host, context);
  const { table, jumps, own } = observe(desired, host, context);
  const chain = table?.get(name);
  const others = [...(chain?.rules.filter(isAnchor) ?? []), ...jumpsTo(name, table).map(({ rule }) => rule)].some(
    (rule) => noteOf(rule) && !isOurs(rule, context),
  );
  const ours = !others && (jumps.length > 0 || own.length > 0 || keptForUs(chain?.rules ?? [], context));
  if (chain && ours)
    mustBeUnused(
      name,
      chain.rules.filter((rule) => !own.includes(rule)),
      table,
    );
  const gone: Found[] = [...jumps, ...own.map((rule): Found => ({ table: "nat", chain: name, rule }))];
  return [
    ...jumps.map(
      ({ table, chain, rule }): Step => ({ do: "rule", table, chain, rule, at: "gone", why: notDeclared(name) }),
    ),
    ...(chain && ours
      ? [{ do: "chain", table: "nat", chain: name, rules: null, why: notDeclared(name) } as const]
      : []),
    ...leftovers("nat", gone, host, context),
    ...(ours ? rangeGateSteps({ name }, host, context, notDeclared(name)) : []),
    ...leftovers("filter", [], host, context),
    ...(vipRange ? rangeRemoval(vipRange, host) : []),
  ];
}

const notDeclared = (name: string) => drift("name", name, undefined);

/** Throws a Refusal: taking the chain away would take with it what others have put into it. */
function mustBeUnused(name: string, inside: Rule[], table: Table | undefined): void {
  const jumps = [...(table ?? [])].flatMap(([chain, { rules }]) =>
    chain === name
      ? []
      : rules.filter((rule) => factsOf(rule).target === name && !noteOf(rule)).map((rule) => ({ chain, rule })),
  );
  const found = [...inside.map((rule) => ({ chain: name, rule })), ...jumps][0];
  if (!found) return;
  const owner = noteOf(found.rule)?.mark;
  throw new Refusal(
    `chain ${name} of table nat is still in use, so it stays: \`-A ${found.chain} ${shownRule(found.rule)}\` is ${owner ? `of ${ownerName(owner)}` : "not ours"}; remove that first`,
  );
}

/** On iptables: a chain of table nat, jumped to from built-in chains, in which services hang. */
const onIptables: Definition<Desired> = {
  kind: "NatChain",
  schema,
  id: ({ name }) => name,
  claims: ({ name }) => [
    { property: "name", claim: `chain ${name}` },
    { property: "name", claim: `the prefix ${prefixOf(name)}- of service chains` },
  ],
  declares: ({ name, vipRange }) => (vipRange ? { [rangeClaim(name)]: vipRange } : {}),
  scope: () => ({ firewall: true, routes: true }),
  plan,
  remove,
  refuse: (desired, host) => mustBeInOneBackend(traces(desired), host),
  exists: ({ name }, { firewall }) => firewall.get("nat")?.has(name) ?? false,
  outputs: (desired, host, context) => {
    const places = [...desired.hooks, desired.name].map((chain): Place => ({ table: "nat", chain }));
    const gate: Place[] = desired.vipRange || desired.services ? [{ table: "filter", chain: desired.name }] : [];
    return { ...originOutputs([...places, ...gate], asFound(desired, host, context), context), ...LAYOUT };
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
export const natChain = withServices(onBackend(onIptables, chainOnNftables(specOf), marksOf));
