import { Child, type ProcessPlace } from "./child.js";
import { LAZY_MODULES, listensOn, OUR_RESOURCES } from "./preload.js";
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
  /** Where it listens: a port of the loopback, or a socket that has a name among the files. */
  address: Promise<string>;
  ended: Promise<{ code: number | null; signal: string | null }>;
  stop(): Promise<void>;
}

/** Starts a process that serves all dynamic resources of one run. */
export type StartProvider = (options: ProviderOptions) => ProviderProcess;

/** A place that has a network of its own, so that no port there can be reached from here. */
export interface Place extends ProcessPlace {
  env: Record<string, string | undefined>;
  /** A socket among the files, by its name there and by its name here. */
  socket: { there: string; here: string };
}

/** Starts the SDK's own dynamic provider, here or in another place. */
export const providerIn =
  (place: Place | undefined): StartProvider =>
  ({ sdk, cwd, env, project, engine, onLine }) => {
    let settle: { resolve(address: string): void; reject(error: Error): void } | undefined;
    const address = new Promise<string>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const child = new Child({
      preloads: [LAZY_MODULES, OUR_RESOURCES, ...(place ? [listensOn(place.socket.there)] : [])],
      args: [sdk.providerScript, engine()],
      orphanGraceMs: 10_000,
      cwd,
      env: { ...env, ...place?.env, PULUMI_NODEJS_PROJECT: project, PULUMI_PROJECT: project },
      onLine: (line, stream) => {
        // The first line is the port; all that follows is what resources print.
        if (stream === "stdout" && settle) {
          settle.resolve(place ? `unix:${place.socket.here}` : `127.0.0.1:${line.trim()}`);
          settle = undefined;
        } else onLine(line, stream);
      },
      ...(place ? { place } : {}),
    });
    const ended = () =>
      settle?.reject(new Error("the process of the dynamic provider ended before it could be reached"));
    child.ended.then(ended, ended);
    return { address, ended: child.ended, stop: () => child.stop(0) };
  };

/** Starts it here. */
export const startProvider: StartProvider = providerIn(undefined);
