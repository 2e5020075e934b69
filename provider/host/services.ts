import type { NatStep } from "../kernel/plan.js";
import { backends } from "../services/backends.js";
import type { Exec } from "./exec.js";
import { commitNat, readNat } from "./nat.js";
import { listNft } from "./nft-json.js";

/** How what a backend has beside the firewall is read and changed. */
export interface ServiceTool<Kernel = unknown> {
  /** `tables` are all that nft has ("ip hostnet-X"). */
  read(exec: Exec, tables: string[]): Promise<Kernel>;
  /** Leads from one state to another by steps, in one transaction. Throws HostError. */
  commit(exec: Exec, from: Kernel, to: Kernel, steps: NatStep[]): Promise<void>;
}

const TOOLS: Record<string, ServiceTool> = {
  nftables: { read: readNat, commit: commitNat } as ServiceTool,
};

/** Those of the backends that aren't in the firewall, by name. */
export const serviceTools = backends.flatMap(({ name }): [name: string, tool: ServiceTool][] =>
  TOOLS[name] ? [[name, TOOLS[name]]] : [],
);

export async function readServices(exec: Exec, tables: string[]): Promise<ReadonlyMap<string, unknown>> {
  return new Map(
    await Promise.all(serviceTools.map(async ([name, tool]) => [name, await tool.read(exec, tables)] as const)),
  );
}

/** The same where nobody knows what tables there are. */
export async function listServices(exec: Exec): Promise<ReadonlyMap<string, unknown>> {
  const objects = await listNft(exec, "list tables");
  return await readServices(
    exec,
    objects.flatMap(({ table }) => (table ? [`${table.family} ${table.name}`] : [])),
  );
}
