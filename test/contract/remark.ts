import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Exec } from "../../provider/host/exec.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { remarked } from "../../provider/ownership/comment.js";
import type { ChainState } from "../../provider/services/state.js";
import { applyStep } from "../../provider/services/steps.js";
import { output, run } from "../support/host.js";
import { listNat } from "../support/nat-tables.js";
import { byHand } from "./by-hand.js";

/**
 * The mark that version 0.1 wrote for the same resource; the readable field is as long as it was
 * where it is short.
 */
export const markBefore = (mark: string) => mark.replace(/:[\w-]{24}$/, "");

const inText = (text: string, from: string, to: string) =>
  text.replace(new RegExp(`${from.replace(/[.]/g, "\\.")}(?![\\w:./-])`, "g"), to);

/** The steps after which the NatChains on a backend bear another mark. */
function natSteps(backend: string, states: ReadonlyMap<string, ChainState>, from: string, to: string): Step[] {
  const other = <T extends { mark: string }>(of: T): T => (of.mark === from ? { ...of, mark: to } : of);
  return [...states.values()].flatMap(({ name: chain, spec, services }): Step[] => [
    ...(spec?.mark === from
      ? [{ do: "nat", backend, chain, change: { chain: other(spec) }, why: "by hand" } as const]
      : []),
    ...[...services].map(([service, held]): Step => {
      const endpoints = held.endpoints.map(other);
      const after = { ...held, ...(held.service && { service: other(held.service) }), endpoints };
      return { do: "nat", backend, chain, change: { service, state: after }, why: "by hand" };
    }),
  ]);
}

/** Writes another mark in the place of one, wherever that is on a model of a host. */
export function remarkModel(snapshot: Snapshot, from: string, to: string): void {
  for (const view of [snapshot, ...snapshot.namespaces.values()])
    for (const link of view.links.values()) if (link.alias === from) link.alias = to;
  for (const [name, text] of snapshot.resolvConfs) snapshot.resolvConfs.set(name, inText(text, from, to));
  const isMeant = (comment: string | undefined) => comment === from || comment?.startsWith(`${from};`);
  for (const table of snapshot.firewall.values())
    for (const [name, chain] of table) {
      const rules = chain.rules.map((rule) => {
        const comment = rule.spec[rule.spec.indexOf("--comment") + 1];
        return isMeant(comment) ? remarked(rule, to) : rule;
      });
      table.set(name, { ...chain, rules });
    }
  for (const [backend, states] of snapshot.services as ReadonlyMap<string, ReadonlyMap<string, ChainState>>)
    for (const step of natSteps(backend, states, from, to)) applyStep(snapshot, step);
}

/** The same on the kernel, with the tools of the system. */
export async function remarkKernel(from: string, to: string): Promise<void> {
  for (const place of [undefined, ...namesIn("/run/netns")]) await remarkIn(place, from, to);
  for (const name of namesIn("/etc/netns")) {
    const file = join("/etc/netns", name, "resolv.conf");
    if (existsSync(file)) writeFileSync(file, inText(readFileSync(file, "utf8"), from, to));
  }
}

async function remarkIn(place: string | undefined, from: string, to: string): Promise<void> {
  const on = (...argv: string[]) => [...(place ? ["nsenter", `--net=/run/netns/${place}`] : []), ...argv];
  const links = JSON.parse(await output(on("ip", "-j", "link"))) as { ifname: string; ifalias?: string }[];
  for (const { ifname, ifalias } of links)
    if (ifalias === from) await output(on("ip", "link", "set", "dev", ifname, "alias", to));
  for (const tool of ["iptables", "ip6tables"]) {
    const saved = await output(on(`${tool}-save`));
    const other = inText(saved, from, to);
    if (other !== saved) await output(on(`${tool}-restore`), { input: other });
  }
  const exec: Exec = (argv) => run(on(...argv));
  for (const step of natSteps("nftables", await listNat(exec), from, to)) await byHand(step, place);
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
