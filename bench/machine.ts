import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release } from "node:os";
import { execaSync } from "execa";
import type { Engine } from "../demo/engine.js";

/** Where and when a figure was measured. */
export interface Machine {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
  /** Name → version of the tools that are installed. */
  tools: Record<string, string>;
  /** Of the last minute, before anything was measured. */
  load: number;
  /** "2026-11-26", in UTC. */
  date: string;
}

/** How each tool tells its version. */
const TOOLS: Record<string, { argv: [string, string]; version: RegExp }> = {
  iproute2: { argv: ["ip", "-V"], version: /iproute2-([\w.]+)/ },
  iptables: { argv: ["iptables", "--version"], version: /v(\S+ \(\w+\))/ },
  nftables: { argv: ["nft", "--version"], version: /v(\S+)/ },
  OpenSSH: { argv: ["ssh", "-V"], version: /OpenSSH_([\w.]+)/ },
};

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  kernel: release(),
  node: process.version,
  tools: toolVersions(),
  load: loadavg()[0] ?? 0,
  date: new Date().toISOString().slice(0, 10),
});

export const describeMachine = ({ cpu, cores, kernel, node }: Machine): string =>
  `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}`;

export const describeTools = ({ tools }: Machine): string =>
  Object.entries(tools)
    .map((tool) => tool.join(" "))
    .join(", ");

/** The engine with its version, without this machine's paths. */
export function engineName({ kind, command: [file = "", ...args] }: Engine): string {
  if (kind === "embedded") return "embedded engine";
  return `Pulumi CLI ${execaSync(file, [...args, "version"], { reject: false }).stdout.replace(/^v/, "")}`;
}

function toolVersions(): Record<string, string> {
  const found = Object.entries(TOOLS).flatMap(
    ([
      name,
      {
        argv: [file, flag],
        version,
      },
    ]) => {
      const { all = "" } = execaSync(file, [flag], { reject: false, all: true });
      const match = version.exec(all);
      return match ? [[name, match[1]!]] : [];
    },
  );
  const sdk = createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json");
  const { version } = JSON.parse(readFileSync(sdk, "utf8")) as { version: string };
  return { ...Object.fromEntries(found), "Pulumi SDK": version };
}
