import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Exec } from "../../provider/host/exec.js";
import { plainName, tableFamily } from "../../provider/kernel/iptables/ruleset.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { isIp, wordsOf } from "../../provider/kernel/steps/table.js";
import { natScript } from "../../provider/services/nftables/script.js";
import { type NatTables, natTable } from "../../provider/services/nftables/table.js";
import { applyStep } from "../../provider/services/steps.js";
import { output, run } from "../support/host.js";
import { hostWith, listNat, natTablesOf } from "../support/nat-tables.js";

/**
 * Does a step with the tools that a person would use, on this host or in the namespace that stands
 * for one.
 */
export async function byHand(step: Step, host?: string): Promise<void> {
  const inside = (netns: string | undefined) => (netns ? ["nsenter", `--net=/run/netns/${netns}`] : []);
  const on = (netns: string | undefined, ...argv: string[]) => output([...inside(netns), ...argv]);
  const iptables = (table: string, ...args: string[]) =>
    on(host, tableFamily(table) === "ip6" ? "ip6tables" : "iptables", "-w", "-t", plainName(table), ...args);
  if (isIp(step)) {
    await on(step.namespace ?? host, "ip", ...wordsOf(step));
    return;
  }
  switch (step.do) {
    case "sysctl":
      await on(step.namespace ?? host, "sysctl", "-w", `${step.key}=${step.value}`);
      break;
    case "resolvConf":
      await writeResolvConf(step.namespace, step.content);
      break;
    case "rule": {
      const verb = { first: "-I", last: "-A", gone: "-D" }[step.at];
      await iptables(step.table, verb, step.chain, ...step.rule.spec);
      break;
    }
    case "chain": {
      const there = await iptables(step.table, "-F", step.chain).then(
        () => true,
        () => false,
      );
      if (step.rules === null) await iptables(step.table, "-X", step.chain);
      else if (!there) await iptables(step.table, "-N", step.chain);
      for (const { spec } of step.rules ?? []) await iptables(step.table, "-A", step.chain, ...spec);
      break;
    }
    case "nat": {
      const exec: Exec = (argv) => run([...inside(host), ...argv]);
      const before = await listNat(exec);
      const model = hostWith(before) as Snapshot;
      applyStep(model, step);
      await on(host, "nft", commandsOf(before, natTablesOf(model), step.chain));
      break;
    }
    case "mark":
      throw new Error("nobody writes our marks by hand");
    case "dropEmptyTable": {
      const nftTable = `${tableFamily(step.table)} ${plainName(step.table)}`;
      // `add` first, for one that is gone already
      await on(host, "nft", `add table ${nftTable}; delete table ${nftTable}`);
    }
  }
}

/** What a person would type to make the elements of a NatChain others. */
const commandsOf = (before: NatTables, after: NatTables, chain: string) =>
  natScript(before.get(chain) ?? natTable(chain), after.get(chain) ?? natTable(chain));

async function writeResolvConf(namespace: string, content: string | null): Promise<void> {
  const folder = `/etc/netns/${namespace}`;
  if (content === null) return rmSync(`${folder}/resolv.conf`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/resolv.conf`, content);
}
