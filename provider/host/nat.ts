import type { NatStep } from "../kernel/plan.js";
import { rememberedBy } from "../services/nftables/affinity.js";
import type { NatTables } from "../services/nftables/index.js";
import { chainOfTable, type ListedObject, readNatTables } from "../services/nftables/listing.js";
import { natScript } from "../services/nftables/script.js";
import { type NatTable, natTable } from "../services/nftables/table.js";
import { forgetClients } from "./affinity.js";
import { type Exec, must } from "./exec.js";
import { listIfThere } from "./nft-json.js";

/**
 * The NatChains on nftables; nothing is asked where there is no such table. `tables` are all there
 * are ("ip hostnet-X").
 */
export async function readNat(exec: Exec, tables: string[]): Promise<NatTables> {
  const ours = tables.filter((table) => {
    const [family = "", name = ""] = table.split(" ");
    return chainOfTable(family, name) !== undefined;
  });
  // nft 1.0.6 lists only one table a command: of several it says that they are not there.
  // A table that has gone since holds nothing.
  const listed = await Promise.all(ours.map((table) => listIfThere(exec, `list table ${table}`)));
  return readNatTables(listed.flat() as ListedObject[]);
}

/**
 * Leads the NatChains from one state to another by steps, in one transaction; then no client is
 * remembered for an endpoint that is gone. Throws HostError.
 */
export async function commitNat(exec: Exec, before: NatTables, after: NatTables, steps: NatStep[]): Promise<void> {
  const changes = [...new Set(steps.map(({ chain }) => chain))].map((name) =>
    changeOf(
      before.get(name) ?? natTable(name),
      after.get(name) ?? natTable(name),
      steps.filter(({ chain }) => chain === name),
    ),
  );
  const script = changes.map(({ script }) => script).join("");
  if (script !== "") await must(exec, ["nft", "-f", "-"], { input: script });
  for (const { name, remembered } of changes) await forgetClients(exec, name, remembered);
}

function changeOf(before: NatTable, after: NatTable, steps: NatStep[]) {
  const services = new Set(steps.flatMap(({ change }) => ("service" in change ? [change.service] : [])));
  // A change of the chain itself can concern everything in it.
  const whole = steps.some(({ change }) => "chain" in change);
  return {
    name: after.name,
    script: natScript(before, after, whole ? undefined : services),
    remembered: rememberedBy(before, after, services),
  };
}
