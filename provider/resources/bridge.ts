import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { drift } from "../model/drift.js";
import {
  forwardingOrigin,
  forwardRemoval,
  forwardSteps,
  masqueradeRemoval,
  masqueradeSteps,
} from "../model/forwarding.js";
import { derivedMac } from "../model/mac.js";
import { mustLeaveNoneBehind } from "../model/other-backend.js";
import { belongsTo, isOf } from "../model/ownership.js";
import { mustBeOurs } from "../model/refuse.js";
import { noteOf } from "../model/rule-comment.js";
import type { Rule } from "../model/ruleset.js";
import { inSequence } from "../model/sequence.js";
import type { Link, Snapshot } from "../model/snapshot.js";
import { cidr4, ifname, listOnce, macAddress, mtu, network4 } from "../model/values.js";
import type { Step } from "../plan.js";
import { ipForwardRemoval, ipForwardSteps, noteIpForward } from "./ip-forward.js";
import { linkSteps, wishedMtu } from "./link-steps.js";
import { hairpinSteps } from "./service-steps.js";

const schema = z.strictObject({
  name: ifname,
  addresses: listOnce(cidr4).optional(),
  mtu: mtu.optional(),
  macAddress: macAddress.optional(),
  stp: z.boolean().default(false),
  vlanFiltering: z.boolean().default(false),
  promiscuous: z.boolean().default(false),
  forward: z.boolean().default(false),
  masquerade: listOnce(network4).default([]),
});

type Desired = z.infer<typeof schema>;

/** The bridge on the host, when it is ours. Throws Refusal when it isn't. */
function observe(desired: Desired, host: Snapshot, context: Context): Link | undefined {
  const link = host.links.get(desired.name);
  if (!link) return undefined;
  // A killed run can leave one that got no mark yet; nobody else gives an interface this address.
  const leftover = link.alias === undefined && link.macAddress === macOf(desired, host, context);
  if (!leftover || link.kind !== "bridge") mustBeOurs(`interface ${desired.name}`, link.alias, context);
  return link;
}

function macOf(desired: Desired, host: Snapshot, context: Context): string {
  const before = context.previous?.macAddress as string | undefined;
  return (
    desired.macAddress ??
    before ??
    derivedMac(host.machineId, context.host, context.owner.stack, desired.name)
  ).toLowerCase();
}

/** The rules of its resource: whoever else lets packets through or masquerades is no concern of ours. */
const traces = ({ name }: Desired, { mark }: Context) => ({
  what: `a rule of bridge ${name}`,
  rule: (rule: Rule) => noteOf(rule)?.mark === mark,
});

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  mustLeaveNoneBehind(traces(desired, context), host, context);
  const found = observe(desired, host, context);
  const mac = macOf(desired, host, context);
  const steps: Step[] = [];
  const wrongKind = found !== undefined && found.kind !== "bridge";
  if (wrongKind)
    steps.push({
      do: "ip",
      args: ["link", "del", "dev", name],
      why: drift("name", `a ${found.kind} link`, `bridge ${name}`),
    });
  const missing = steps[0]?.why ?? drift("name", undefined, name);
  const now = wrongKind ? undefined : found;
  if (!now) {
    const options = [
      ...(desired.stp ? ["stp_state", "1"] : []),
      ...(desired.vlanFiltering ? ["vlan_filtering", "1"] : []),
    ];
    steps.push({
      do: "ip",
      args: ["link", "add", name, "address", mac, "type", "bridge", ...options],
      undo: ["link", "del", "dev", name],
      why: missing,
    });
    // Given to `link add` it would be gone with the next port: a bridge takes its ports' MTU unless it was set.
    if (desired.mtu !== undefined)
      steps.push({ do: "ip", args: ["link", "set", "dev", name, "mtu", String(desired.mtu)], why: missing });
  } else {
    steps.push(...switchStep(name, "stp_state", "stp", now.stp, desired.stp));
    steps.push(...switchStep(name, "vlan_filtering", "vlanFiltering", now.vlanFiltering, desired.vlanFiltering));
  }
  steps.push(
    ...linkSteps(
      {
        ...desired,
        mtu: wishedMtu(desired.mtu, context),
        addresses: desired.addresses ?? (context.previous?.addresses ? [] : undefined),
        mark: context.mark,
        macAddress: mac,
      },
      now,
      missing,
    ),
  );
  const noted = noteIpForward(host, context);
  steps.push(...(desired.forward ? ipForwardSteps(host) : ipForwardRemoval(name, host, context)));
  steps.push(...(desired.forward ? forwardSteps(name, host, noted) : forwardRemoval(name, host, context)));
  steps.push(...withHairpin(masqueradeSteps(name, desired.masquerade, host, context), host, context));
  return steps;
}

/** Endpoints need a rule of their own for their requests to themselves just where nothing else masquerades those. */
function withHairpin(masquerade: Step[], host: Snapshot, context: Context): Step[] {
  const why = masquerade[0]?.why;
  if (why === undefined) return [];
  return inSequence(host, [() => masquerade, (now) => hairpinSteps(now, context, why)]);
}

function switchStep(name: string, option: string, argument: string, now: boolean | undefined, wanted: boolean): Step[] {
  if (now === wanted) return [];
  const args = (on: boolean) => ["link", "set", "dev", name, "type", "bridge", option, on ? "1" : "0"];
  return [{ do: "ip", args: args(wanted), undo: args(!wanted), why: drift(argument, now, wanted) }];
}

function remove(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  mustLeaveNoneBehind(traces(desired, context), host, context);
  const link = host.links.get(name);
  const ours = link?.kind === "bridge" && isOf(link.alias, context);
  return [
    ...withHairpin(masqueradeRemoval(name, host, context), host, context),
    ...forwardRemoval(name, host, context),
    ...ipForwardRemoval(name, host, context),
    ...(ours ? [{ do: "ip" as const, args: ["link", "del", "dev", name], why: drift("name", name, undefined) }] : []),
  ];
}

export const bridge: Definition<Desired> = {
  kind: "Bridge",
  schema,
  id: ({ name }) => name,
  claims: ({ name }) => [{ property: "name", claim: `interface ${name}` }],
  scope: ({ name }) => ({ links: [name], firewall: true, sysctls: ["net.ipv4.ip_forward"] }),
  plan,
  remove,
  refuse: (desired, host, context) => mustLeaveNoneBehind(traces(desired, context), host, context),
  exists: ({ name }, host, { owner }) => belongsTo(host.links.get(name)?.alias, owner) === "ours",
  outputs: (desired, host, context) => ({
    macAddress: macOf(desired, host, context),
    ...forwardingOrigin(desired.forward, desired.masquerade, host, context),
    ...(desired.forward ? { ipForwardBefore: noteIpForward(host, context).ipForwardBefore } : {}),
  }),
  immutable: ["name"],
};
