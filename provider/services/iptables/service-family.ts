import type { Definition } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { changesFamily, familyOf } from "../../kernel/family.js";
import { inSequence } from "../../kernel/sequence.js";
import { chain6Removal, chain6Steps } from "./chain6.js";
import { inItsFamily } from "./in-family.js";

interface Service {
  chain: string;
  name: string;
  address: string;
}

/** A service in the tables of its address's family. Its NatChain comes into IPv6's table nat with the first service there, and goes with the last one. */
export function inTablesOfItsFamily<D extends Service>(definition: Definition<D>): Definition<D> {
  const own = inItsFamily(definition, ({ address }) => familyOf(address));
  return {
    ...own,
    plan: (desired, host, context) => {
      const { chain, address } = desired;
      if (familyOf(address) === "ip") return own.plan(desired, host, context);
      const why = drift("address", `no chain ${chain} in table nat of IPv6`, address);
      return inSequence(host, [
        (now) => chain6Steps(chain, now, context, why),
        (now) => own.plan(desired, now, context),
      ]);
    },
    remove: (desired, host, context) => {
      const { chain, name, address } = desired;
      if (familyOf(address) === "ip") return own.remove(desired, host, context);
      return inSequence(host, [
        (now) => own.remove(desired, now, context),
        (now) => chain6Removal(chain, now, context, drift("name", name, undefined)),
      ]);
    },
    // One of the other family is in other tables.
    mustReplace: ({ address: before }, { address: after }) => (changesFamily(before, after) ? ["address"] : []),
  };
}
