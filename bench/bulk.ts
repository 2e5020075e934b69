import { writeFile } from "node:fs/promises";
import { chooseEngine } from "../demo/engine.js";
import { createSandbox } from "../sandbox/host.js";
import type { BulkPlan } from "./programs/bulk.js";
import { createStack } from "./stack.js";
import type { Table } from "./table.js";
import { type Role, type Usage, UsageOfRuns } from "./usage.js";

/** What a run with services in bulk has cost each process. */
export interface BulkFigures {
  services: number;
  operation: string;
  used: Partial<Record<Role, Usage>>;
}

const ROLES: Role[] = ["program", "engine", "provider"];

/** Makes services in bulk on nftables, and changes one weight. */
export async function measureBulk(services: number, engine: string | undefined): Promise<BulkFigures[]> {
  await using sandbox = await createSandbox();
  await using usage = await UsageOfRuns.begin();
  const env = { ...usage.env, BENCH_BULK: usage.fileOf("plan") };
  await using stack = await createStack("bulk", chooseEngine(engine), sandbox.run, env);
  await usage.take();
  const figures: BulkFigures[] = [];
  for (const [operation, weight] of [
    ["all", 1],
    ["one weight", 2],
  ] as const) {
    await writeFile(env.BENCH_BULK, JSON.stringify({ services, weight } satisfies BulkPlan));
    await stack.run("up");
    figures.push({ services, operation, used: await usage.take() });
  }
  await stack.run("destroy");
  return figures;
}

export function bulkTable(figures: BulkFigures[]): Table {
  const roles = ROLES.filter((role) => figures.some(({ used }) => used[role]));
  const rows = figures.map(({ services, operation, used }) => [
    String(services),
    operation,
    ...roles.flatMap((role) => {
      const { cpu, megabytes } = used[role] ?? { cpu: Number.NaN, megabytes: Number.NaN };
      return [cpu.toFixed(1), megabytes.toFixed(0)];
    }),
  ]);
  return { head: ["services", "up of", ...roles.flatMap((role) => [`${role} (s of CPU)`, "(MB)"])], rows };
}
