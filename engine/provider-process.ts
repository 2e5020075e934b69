import { Child } from "./child.js";
import { LAZY_TYPESCRIPT } from "./preload.js";
import type { Sdk } from "./sdk.js";

/** How the provider process is started. */
export interface ProviderOptions {
  sdk: Sdk;
  cwd: string;
  project: string;
  env: Record<string, string | undefined>;
  /** The address of the Engine service. */
  engine(): string;
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

/** A provider process that has been started. */
export interface ProviderProcess {
  /** Where it listens on the loopback. */
  port: Promise<string>;
  ended: Promise<{ code: number | null; signal: string | null }>;
  stop(): Promise<void>;
}

/** Starts a process that serves all dynamic resources of one run. */
export type StartProvider = (options: ProviderOptions) => ProviderProcess;

/** Starts the SDK's own dynamic provider. */
export const startProvider: StartProvider = ({ sdk, cwd, env, project, engine, onLine }) => {
  let settle: { resolve(port: string): void; reject(error: Error): void } | undefined;
  const port = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const child = new Child({
    args: ["--import", LAZY_TYPESCRIPT, sdk.providerScript, engine()],
    orphanGraceMs: 10_000,
    cwd,
    env: { ...env, PULUMI_NODEJS_PROJECT: project, PULUMI_PROJECT: project },
    onLine: (line, stream) => {
      // The first line is the port; all that follows is what resources print.
      if (stream === "stdout" && settle) {
        settle.resolve(line.trim());
        settle = undefined;
      } else onLine(line, stream);
    },
  });
  const ended = () => settle?.reject(new Error("the process of the dynamic provider ended before it could be reached"));
  child.ended.then(ended, ended);
  return { port, ended: child.ended, stop: () => child.stop(0) };
};
