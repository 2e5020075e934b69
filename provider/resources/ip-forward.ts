import type { Context } from "../definition.js";
import { drift } from "../model/drift.js";
import { factsOf } from "../model/rule-facts.js";
import type { Snapshot } from "../model/snapshot.js";
import type { Step } from "../plan.js";

const KEY = "net.ipv4.ip_forward";
const NOTE = /;ip_forward=([01])/;

/**
 * `ip_forward` is one switch for all bridges of a host. Each FORWARD rule of ours carries what it was before the first of us
 * (`;ip_forward=0` in the comment), whatever stack that was, and the last one to go puts it back.
 */
function notes(host: Snapshot): { mark: string; before: string; bridge: string | undefined }[] {
  const rules = [...(host.firewall.get("filter")?.values() ?? [])].flatMap(({ rules }) => rules);
  return rules.flatMap((rule) => {
    const { comment = "", options } = factsOf(rule);
    const before = NOTE.exec(comment)?.[1];
    return comment.startsWith("hostnet:") && before
      ? [{ mark: comment.slice(0, comment.indexOf(";")), before, bridge: options.get("-i") ?? options.get("-o") }]
      : [];
  });
}

/** The context for FORWARD rules: its mark says what the switch was before us. */
export function noteIpForward(host: Snapshot, context: Context): Context & { ipForwardBefore: string } {
  const before =
    (context.previous?.ipForwardBefore as string | undefined) ?? notes(host)[0]?.before ?? host.sysctls.get(KEY) ?? "0";
  return { ...context, mark: `${context.mark};ip_forward=${before}`, ipForwardBefore: before };
}

export function ipForwardSteps(host: Snapshot): Step[] {
  const now = host.sysctls.get(KEY);
  return now === "1"
    ? []
    : [{ do: "sysctl", key: KEY, value: "1", undo: now, why: drift("forward", `${KEY} = ${now}`, true) }];
}

export function ipForwardRemoval(name: string, host: Snapshot, context: Context): Step[] {
  const { ipForwardBefore } = context.previous ?? {};
  const others = notes(host).some(({ mark, bridge }) => mark !== context.mark || bridge !== name);
  const now = host.sysctls.get(KEY);
  if (ipForwardBefore === undefined || others || ipForwardBefore === now) return [];
  const why = drift("forward", `${KEY} = ${now}`, `none, and ${ipForwardBefore} before this stack`);
  return [{ do: "sysctl", key: KEY, value: String(ipForwardBefore), undo: now, why }];
}
