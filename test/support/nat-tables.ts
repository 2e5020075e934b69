import type { Exec } from "../../provider/host/exec.js";
import { listServices } from "../../provider/host/nft-services.js";
import { FAMILIES } from "../../provider/kernel/family.js";
import { parseSave, printSave } from "../../provider/kernel/iptables/iptables-save.js";
import { tableFamily } from "../../provider/kernel/iptables/ruleset.js";
import type { Firewalls, Snapshot } from "../../provider/kernel/snapshot.js";
import type { ServiceBackend } from "../../provider/services/backend.js";
import { nftables } from "../../provider/services/nftables/index.js";
import { parseItem } from "../../provider/services/nftables/item.js";
import { readNotes } from "../../provider/services/nftables/notes.js";
import type { NatTables } from "../../provider/services/nftables/table.js";
import { type NatTable, natTable } from "../../provider/services/nftables/table.js";

/** The NatChains that a host has on nftables, by name. */
export const natTablesOf = (host: Firewalls): NatTables => nftables.of(host);

/** A host of these alone. */
export const hostWith = (tables: NatTables = new Map()): Firewalls => nftables.on(NOTHING, tables);

const NOTHING: Firewalls = { firewall: new Map(), services: new Map() };

/** The same of a kernel. */
export const listNat = async (exec: Exec): Promise<NatTables> =>
  natTablesOf({ firewall: new Map(), services: await listServices(exec, [nftables as ServiceBackend]) });

/** What is read back where nothing but the items is known. */
export function readBack(table: NatTable): NatTable {
  const notes = FAMILIES.flatMap((family) =>
    readNotes(
      [...table.items[family]].flatMap(([item, text]): [string, string][] => {
        const { name, key } = parseItem(item);
        return name === "notes" && key !== "" ? [[key, text]] : [];
      }),
    ),
  );
  return natTable(table.name, { ip: new Map(table.items.ip), ip6: new Map(table.items.ip6) }, notes);
}

/** A host whose rules have gone through their texts, as those of a kernel do. */
export function reread(host: Snapshot): Snapshot {
  const firewall = FAMILIES.flatMap((family) => {
    const tables = [...host.firewall].filter(([name]) => tableFamily(name) === family);
    return [...parseSave(printSave(new Map(tables)), family)];
  });
  const tables = new Map([...nftables.of(host)].map(([name, table]) => [name, readBack(table)]));
  return { ...host, ...nftables.on({ ...host, firewall: new Map(firewall) }, tables) };
}
