import { z } from "zod";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { acceptRa, type Family, FORWARDING } from "../kernel/family.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { tableOf } from "../kernel/iptables/ruleset.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { whyNotSettable } from "../kernel/sysctl-words.js";
import type { Context, Noted } from "../ownership/context.js";
import { goesWith } from "../ownership/mark.js";
import { forwarders, newForwarders, notedForwarders } from "./forwarders.js";

const NOTE = /;ip_forward=([01])(?:;others=([\w.]*))?/;

/** The output that keeps what a switch was, for when somebody has flushed the rules. */
const OUTPUT = { ip: "ipForwardBefore", ip6: "ipv6ForwardBefore" } as const satisfies Record<Family, string>;

/** Likewise which rules of others were there while it was off. */
const OTHERS = { ip: "ipForwardOthers", ip6: "ipv6ForwardOthers" } as const satisfies Record<Family, string>;

const before = z.enum(["0", "1"]).optional();
const others = z.string().optional();

/** What the state file may have of the switches. */
export const forwardNotes = {
  ipForwardBefore: before,
  ipv6ForwardBefore: before,
  ipForwardOthers: others,
  ipv6ForwardOthers: others,
};

type ForwardNotes = Noted & { [K in keyof typeof forwardNotes]?: string };

/** What a switch was before us, and which rules of others were there then without it. */
interface Before {
  before: string;
  others?: string;
}

interface ForwardNote extends Before {
  mark: string;
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
    const [, before, others] = NOTE.exec(comment) ?? [];
    const mark = comment.slice(0, comment.indexOf(";"));
    const bridge = options.get("-i") ?? options.get("-o");
    return comment.startsWith("hostnet:") && before ? [{ mark, bridge, before, ...(others && { others }) }] : [];
  });
}

function beforeUs(family: Family, host: Snapshot, { previous }: Context<ForwardNotes>): Before {
  const noted = previous?.[OUTPUT[family]];
  if (noted !== undefined) return { before: noted, others: previous?.[OTHERS[family]] };
  const [note] = notes(family, host);
  if (note) return note;
  const before = host.sysctls.get(FORWARDING[family]) ?? "0";
  return { before, ...(before === "0" && { others: notedForwarders(forwarders(family, host)) }) };
}

/** The context for FORWARD rules: its mark says that. */
export function noteIpForward(family: Family, host: Snapshot, context: Context<ForwardNotes>): Context<ForwardNotes> {
  const { before, others } = beforeUs(family, host, context);
  return { ...context, mark: `${context.mark};ip_forward=${before}${others ? `;others=${others}` : ""}` };
}

/** What outputs record of the families that are forwarded. */
export const ipForwardOutputs = (
  families: Family[],
  host: Snapshot,
  context: Context<ForwardNotes>,
): Record<string, string> =>
  Object.fromEntries(
    families.flatMap((family) => {
      const { before, others } = beforeUs(family, host, context);
      return [[OUTPUT[family], before], ...(others ? [[OTHERS[family], others]] : [])] as [string, string][];
    }),
  );

export function ipForwardSteps(family: Family, host: Snapshot): Step[] {
  const key = FORWARDING[family];
  const now = host.sysctls.get(key);
  if (now === "1") return [];
  if (family === "ip6") mustKeepItsRouters(host);
  return [{ do: "sysctl", key, value: "1", undo: now, why: drift("forward", `${key} = ${now}`, true) }];
}

/** Throws a Refusal where forwarding is off, and can't be turned on. */
export function mustBeSwitchable(family: Family, { sysctls, readOnly }: Snapshot): void {
  const key = FORWARDING[family];
  const why = whyNotSettable("read-only", key, "1", "the host");
  if (why && sysctls.get(key) === "0" && readOnly?.includes("/proc/sys")) throw new Refusal("forward", why);
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
  const { before, relying } = giveBack(family, name, host, context) ?? {};
  if (before === undefined || relying?.length) return [];
  const key = FORWARDING[family];
  const now = host.sysctls.get(key);
  const why = drift("forward", `${key} = ${now}`, `none, and ${before} before this stack`);
  return [{ do: "sysctl", key, value: before, undo: now, why }];
}

/** The switch stays on where others have come to rely on it: why, for a removal to say. */
export function ipForwardStays(family: Family, name: string, host: Snapshot, context: Context<ForwardNotes>): string[] {
  const { before, relying = [] } = giveBack(family, name, host, context) ?? {};
  const [first] = relying;
  if (!first) return [];
  const key = FORWARDING[family];
  return [`${key} stays 1, though it was ${before} before: rules of others forward now, as ${first.shown} does`];
}

/** What the last one to go puts the switch back to, and the rules of others that rely on it. */
function giveBack(family: Family, name: string, host: Snapshot, context: Context<ForwardNotes>) {
  const isOurs = ({ mark, bridge }: ForwardNote) => goesWith(mark, context) && bridge === name;
  const noted = notes(family, host);
  const own = noted.find(isOurs);
  // A run that was killed before its state was written has left the rules, which say it too.
  const before = context.previous?.[OUTPUT[family]] ?? own?.before;
  const isShared = noted.some((note) => !isOurs(note));
  if (before === undefined || isShared || before === host.sysctls.get(FORWARDING[family])) return undefined;
  const known = context.previous?.[OTHERS[family]] ?? own?.others ?? "";
  return { before, relying: before === "0" ? newForwarders(forwarders(family, host), known) : [] };
}
