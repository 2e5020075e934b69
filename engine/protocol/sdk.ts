import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Callbacks } from "../preload/deafen.cjs";
import { quickStructs } from "../quick-structs.cjs";

/** A message class of the SDK's stubs. Getters and setters are known by name only. */
// biome-ignore lint/suspicious/noExplicitAny: the types belong to the SDK that the program has
export type Message = any;
// biome-ignore lint/suspicious/noExplicitAny: as above
type Stub = Record<string, any>;

/** The program's own copy of `@pulumi/pulumi`: stubs and scripts of its two child processes. */
export interface Sdk {
  folder: string;
  version: string;
  runScript: string;
  providerScript: string;
  /** Its copy of @grpc/grpc-js: the path. */
  grpc: string;
  resource: Stub;
  engine: Stub;
  provider: Stub;
  status: Stub;
  empty: Stub;
  struct: Stub;
  monitorService: Stub;
  engineService: Stub;
  providerService: Stub;
  /** What runs a program in this process; loads the whole SDK. */
  inline(): Stub;
  /** Its module runtime/callbacks. */
  callbacks(): Callbacks;
}

/** The SDK that the program in `folder` would load. */
function locate(folder: string): { root: string; load: NodeJS.Require } {
  const own = createRequire(join(folder, "index.js"));
  try {
    const root = dirname(own.resolve("@pulumi/pulumi/package.json"));
    return { root, load: createRequire(join(root, "index.js")) };
  } catch {
    throw new Error(
      `It looks like the Pulumi SDK has not been installed: no @pulumi/pulumi is found from ${folder}. Have you run \`npm install\`?`,
    );
  }
}

/** The script that runs a program with it. */
export const runScriptFor = (folder: string): string => locate(folder).load.resolve("./cmd/run");

/** Loads the SDK that the program in `folder` would load. */
export function loadSdk(folder: string): Sdk {
  const { root, load } = locate(folder);
  const { version } = load("./package.json") as { version: string };
  const [major, minor] = version.split(".").map(Number) as [number, number];
  if (major !== 3 || minor < 200) {
    throw new Error(
      `@pulumi/pulumi ${version} in ${root} is not supported: it must be at least 3.200.0 and less than 4`,
    );
  }
  const struct = load("google-protobuf/google/protobuf/struct_pb") as Stub;
  quickStructs(struct);
  return {
    folder: root,
    version,
    runScript: load.resolve("./cmd/run"),
    providerScript: load.resolve("./cmd/dynamic-provider"),
    grpc: load.resolve("@grpc/grpc-js"),
    resource: load("./proto/resource_pb"),
    engine: load("./proto/engine_pb"),
    provider: load("./proto/provider_pb"),
    status: load("./proto/status_pb"),
    empty: load("google-protobuf/google/protobuf/empty_pb"),
    struct,
    monitorService: load("./proto/resource_grpc_pb").ResourceMonitorService,
    engineService: load("./proto/engine_grpc_pb").EngineService,
    providerService: load("./proto/provider_grpc_pb").ResourceProviderService,
    inline: () => ({ ...load("./automation/server"), ...load("./proto/language_pb") }),
    callbacks: () => load("./runtime/callbacks"),
  };
}
