import type { NatStep } from "../kernel/plan.js";
import type { NftTables, ServiceBackend } from "../services/backend.js";
import { forgetClients } from "./affinity.js";
import { type Exec, must } from "./exec.js";
import { listIfThere, listNft } from "./nft-json.js";

type Backends = readonly ServiceBackend[];

/** Those of the backends that have tables of nft of their own. */
export const onNft = (backends: Backends): { backend: ServiceBackend; nft: NftTables }[] =>
  backends.flatMap((backend) => (backend.nft ? [{ backend, nft: backend.nft }] : []));

/**
 * What each of them has, by its name; nothing is asked where there is no such table. `tables` are
 * all there are ("ip hostnet-X").
 */
export async function readServices(
  exec: Exec,
  backends: Backends,
  tables: string[],
): Promise<ReadonlyMap<string, unknown>> {
  return new Map(
    await Promise.all(
      onNft(backends).map(async ({ backend, nft }) => [backend.name, await readTables(exec, nft, tables)] as const),
    ),
  );
}

/** The same where nobody knows what tables there are. */
export async function listServices(exec: Exec, backends: Backends): Promise<ReadonlyMap<string, unknown>> {
  const objects = await listNft(exec, "list tables");
  return await readServices(
    exec,
    backends,
    objects.flatMap(({ table }) => (table ? [`${table.family} ${table.name}`] : [])),
  );
}

async function readTables(exec: Exec, nft: NftTables, tables: string[]): Promise<unknown> {
  const ours = tables.filter((table) => {
    const [family = "", name = ""] = table.split(" ");
    return nft.isOwn(family, name);
  });
  // nft 1.0.6 lists only one table a command: of several it says that they are not there.
  // A table that has gone since holds nothing.
  const listed = await Promise.all(ours.map((table) => listIfThere(exec, `list table ${table}`)));
  return nft.read(listed.flat());
}

/**
 * Leads from one state to another by steps, in one transaction; then no client is remembered for an
 * endpoint that is gone. Throws HostError.
 */
export async function commitServices<Kernel>(
  exec: Exec,
  nft: NftTables<Kernel>,
  from: Kernel,
  to: Kernel,
  steps: NatStep[],
): Promise<void> {
  const { script, remembered } = nft.change(from, to, steps);
  if (script !== "") await must(exec, ["nft", "-f", "-"], { input: script });
  await forgetClients(exec, remembered);
}
