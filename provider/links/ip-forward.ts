import { z } from "zod";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { acceptRa, type Family, FORWARDING } from "../kernel/family.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { goesWith } from "../ownership/mark.js";

const NOTE = /;ip_forward=([01])/;

/** The output that keeps what a switch was, for when somebody has flushed the rules. */
const OUTPUT = { ip: "ipForwardBefore", ip6: "ipv6ForwardBefore" } as const satisfies Record<Family, string>;

const before = z.enum(["0", "1"]).optional();

/** What the state file may have of the switches. */
export const forwardNotes = { ipForwardBefore: before, ipv6ForwardBefore: before };

type ForwardNotes = Noted & { ipForwardBefore?: string; ipv6ForwardBefore?: string };

interface ForwardNote {
  mark: string;
  before: string;
  bridge: string | undefined;
}

/**
 * A family's forwarding is one switch for all bridges of a host. Each FORWARD rule of ours carries
 * what it was before our first rule, of any stack (`;ip_forward=0` in the comment). The last one to
 * go puts it back.
 */
function notes(family: Family, host: Snapshot): ForwardNote[] {
  const rules = [...(host.firewall.get(tableOf(family, "filter"))?.values() ?? [])].flatMap(({ rules }) => rules);
  return rules.flatMap((rule) => {
    const { comment = "", options } = factsOf(rule);
    const before = NOTE.exec(comment)?.[1];
    return comment.startsWith("hostnet:") && before
      ? [{ mark: comment.slice(0, comment.indexOf(";")), before, bridge: options.get("-i") ?? options.get("-o") }]
      : [];
  });
}

/** What the switch was before us. */
export function ipForwardBefore(family: Family, host: Snapshot, { previous }: Context<ForwardNotes>): string {
  const noted = previous?.[OUTPUT[family]];
  return noted ?? notes(family, host)[0]?.before ?? host.sysctls.get(FORWARDING[family]) ?? "0";
}

/** The context for FORWARD rules: its mark says that. */
export function noteIpForward(family: Family, host: Snapshot, context: Context<ForwardNotes>): Context<ForwardNotes> {
  return { ...context, mark: `${context.mark};ip_forward=${ipForwardBefore(family, host, context)}` };
}

/** What outputs record of the families that are forwarded. */
export const ipForwardOutputs = (
  families: Family[],
  host: Snapshot,
  context: Context<ForwardNotes>,
): Record<string, string> =>
  Object.fromEntries(families.map((family) => [OUTPUT[family], ipForwardBefore(family, host, context)]));

export function ipForwardSteps(family: Family, host: Snapshot): Step[] {
  const key = FORWARDING[family];
  const now = host.sysctls.get(key);
  if (now === "1") return [];
  if (family === "ip6") mustKeepItsRouters(host);
  return [{ do: "sysctl", key, value: "1", undo: now, why: drift("forward", `${key} = ${now}`, true) }];
}

/**
 * Throws a Refusal where forwarding IPv6 would cut the host off. A host that forwards is a router,
 * and heeds router advertisements only where accept_ra is 2 (ip-sysctl.rst). The kernel drops the
 * routes that they brought at once (addrconf_fixup_forwarding), and one may be the way by which we
 * came.
 */
function mustKeepItsRouters({ routes, sysctls }: Snapshot): void {
  const deaf = routes.find(({ protocol, dev = "" }) => protocol === "ra" && sysctls.get(acceptRa(dev)) !== "2");
  if (!deaf) return;
  const key = acceptRa(deaf.dev ?? "");
  throw new Refusal(
    "forward",
    `with true the host forwards IPv6, and gives up its route to ${deaf.to}, which a router on ${deaf.dev} advertises, unless ${key} is 2: set that first (sysctl -w ${key}=2), or give the host a route of its own`,
  );
}

export function ipForwardRemoval(family: Family, name: string, host: Snapshot, context: Context<ForwardNotes>): Step[] {
  const isOurs = ({ mark, bridge }: ForwardNote) => goesWith(mark, context) && bridge === name;
  const noted = notes(family, host);
  // A run that was killed before its state was written has left the rules, which say it too.
  const before = context.previous?.[OUTPUT[family]] ?? noted.find(isOurs)?.before;
  const others = noted.some((note) => !isOurs(note));
  const key = FORWARDING[family];
  const now = host.sysctls.get(key);
  if (before === undefined || others || before === now) return [];
  const why = drift("forward", `${key} = ${now}`, `none, and ${before} before this stack`);
  return [{ do: "sysctl", key, value: String(before), undo: now, why }];
}
