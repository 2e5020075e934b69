import type { Exec } from "../../provider/host/exec.js";
import { listServices } from "../../provider/host/nft-services.js";
import type { Firewalls } from "../../provider/kernel/snapshot.js";
import type { ServiceBackend } from "../../provider/services/backend.js";
import { nftables } from "../../provider/services/nftables/index.js";
import type { NatTables } from "../../provider/services/nftables/table.js";

/** The NatChains that a host has on nftables, by name. */
export const natTablesOf = (host: Firewalls): NatTables => nftables.of(host);

/** A host of these alone. */
export const hostWith = (tables: NatTables = new Map()): Firewalls => nftables.on(NOTHING, tables);

const NOTHING: Firewalls = { firewall: new Map(), services: new Map() };

/** The same of a kernel. */
export const listNat = async (exec: Exec): Promise<NatTables> =>
  natTablesOf({ firewall: new Map(), services: await listServices(exec, [nftables as ServiceBackend]) });
