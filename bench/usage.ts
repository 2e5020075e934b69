import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the processes of a run do. The embedded engine is its own provider. */
export type Role = "engine" | "program" | "provider";

/** CPU seconds, and peak memory in megabytes. */
export interface Usage {
  cpu: number;
  megabytes: number;
}

/** Each Node process says at its end what it has used. */
const PRELOAD = `
const { writeFileSync } = require("node:fs");
process.on("exit", () => {
  const script = process.argv[1] ?? "";
  const roles = [[/\\/cmd\\/run\\//, "program"], [/\\/cmd\\/dynamic-provider\\//, "provider"], [/\\/hostnet(\\.js)?$/, "engine"]];
  const role = roles.find(([path]) => path.test(script))?.[1];
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const used = { cpu: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 };
  if (role) writeFileSync(__dirname + "/" + role + ".json", JSON.stringify(used));
});
`;

/** Tells what each Node process of a run has used; of the Pulumi CLI itself it tells nothing. */
export class UsageOfRuns implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async begin(): Promise<UsageOfRuns> {
    const folder = await mkdtemp(join(tmpdir(), "hostnet-usage-"));
    await writeFile(join(folder, "preload.cjs"), PRELOAD);
    return new UsageOfRuns(folder);
  }

  /** For the environment of the runs. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--require ${join(this.folder, "preload.cjs")}` };
  }

  /** A file that goes with the rest. */
  fileOf(name: string): string {
    return join(this.folder, name);
  }

  /** Of the run that has just ended. */
  async take(): Promise<Partial<Record<Role, Usage>>> {
    const files = (await readdir(this.folder)).filter((each) => each.endsWith(".json"));
    const used = files.map(async (file) => {
      const text = await readFile(join(this.folder, file), "utf8");
      await rm(join(this.folder, file));
      return [file.replace(".json", ""), JSON.parse(text) as Usage] as const;
    });
    return Object.fromEntries(await Promise.all(used)) as Partial<Record<Role, Usage>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
