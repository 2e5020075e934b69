import { existsSync } from "node:fs";
import type { ServesOn } from "../preload/serves-on.cjs";
import { Child, type ProcessPlace } from "../program/child.js";
import { folderOf, newPrivateSocket, PrivateSocket, type SharedSocket } from "../protocol/private-socket.js";
import type { Sdk } from "../protocol/sdk.js";

const ELSEWHERE =
  "doesn't listen where this engine tells it to, so it isn't used; take a release of @pulumi/pulumi that this package was tested with";

/** See each in engine/preload/. */
const PRELOADS = ["lazy-modules", "quick-structs"];

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
  /** Where it listens: a socket that has a name among the files. */
  address: Promise<string>;
  ended: Promise<{ code: number | null; signal: string | null }>;
  stop(): Promise<void>;
}

/** Starts a process that serves all dynamic resources of one run. */
export type StartProvider = (options: ProviderOptions) => ProviderProcess;

/** A place with files of its own, where a process is started. */
export interface ProviderPlace extends ProcessPlace {
  env: Record<string, string | undefined>;
  /** Where the provider listens. Its folder is the provider's to make. */
  socket: SharedSocket;
}

/** Starts the SDK's own dynamic provider, here or in another place. */
export const providerIn =
  (place: ProviderPlace | undefined): StartProvider =>
  ({ sdk, cwd, env, project, engine, onLine }) => {
    const socket = place ? new PrivateSocket(place.socket.here) : newPrivateSocket();
    let settle: { resolve(address: string): void; reject(error: Error): void } | undefined;
    const address = new Promise<string>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const settings: ServesOn = { socket: place?.socket.there ?? socket.path, grpc: sdk.grpc };
    const child = new Child({
      preloads: [...PRELOADS.map((name) => ({ name })), { name: "serves-on", settings }],
      args: [sdk.providerScript, engine()],
      orphanGraceMs: 10_000,
      folders: [folderOf(engine())],
      cwd,
      env: { ...env, ...place?.env, PULUMI_NODEJS_PROJECT: project, PULUMI_PROJECT: project },
      onLine: (line, stream) => {
        // The first line says that it listens; all that follows is what resources print.
        if (stream === "stdout" && settle) {
          if (existsSync(socket.path)) settle.resolve(socket.address);
          else settle.reject(new Error(`the dynamic provider of @pulumi/pulumi ${sdk.version} ${ELSEWHERE}`));
          settle = undefined;
        } else onLine(line, stream);
      },
      ...(place ? { place } : {}),
    });
    process.once("exit", socket.remove);
    const ended = () => {
      settle?.reject(new Error("the process of the dynamic provider ended before it could be reached"));
      process.off("exit", socket.remove);
      socket.remove();
    };
    child.ended.then(ended, ended);
    return { address, ended: child.ended, stop: () => child.stop(0) };
  };

/** Starts it here. */
export const startProvider: StartProvider = providerIn(undefined);
