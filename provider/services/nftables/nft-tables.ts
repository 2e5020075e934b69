import type { NatStep } from "../../kernel/plan.js";
import type { NftChange, NftTables } from "../backend.js";
import { rememberedBy } from "./affinity.js";
import { chainOfTable, type ListedObject, readNatTables } from "./listing.js";
import { natScript } from "./script.js";
import { type NatTable, type NatTables, natTable } from "./table.js";

/** NatChains in tables of nft: one transaction leads all of them from one state to another. */
export const nft: NftTables<NatTables> = {
  isOwn: (family, name) => chainOfTable(family, name) !== undefined,
  read: (objects) => readNatTables(objects as ListedObject[]),
  change: (from, to, steps) => {
    const changes = [...new Set(steps.map(({ chain }) => chain))].map((name) =>
      changeOf(
        from.get(name) ?? natTable(name),
        to.get(name) ?? natTable(name),
        steps.filter(({ chain }) => chain === name),
      ),
    );
    return {
      script: changes.map(({ script }) => script).join(""),
      remembered: changes.flatMap(({ remembered }) => remembered),
    };
  },
};

function changeOf(before: NatTable, after: NatTable, steps: NatStep[]): NftChange {
  const services = new Set(steps.flatMap(({ change }) => ("service" in change ? [change.service] : [])));
  // A change of the chain itself can concern everything in it.
  const whole = steps.some(({ change }) => "chain" in change);
  return {
    script: natScript(before, after, whole ? undefined : services),
    remembered: rememberedBy(before, after, services),
  };
}
