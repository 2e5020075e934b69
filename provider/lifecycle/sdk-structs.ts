import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { quickStructs } from "../../engine/quick-structs.cjs";

/** Makes the Structs quick of the SDK that has this script of the provider process. */
export function quickenStructs(script: string): void {
  try {
    quickStructs(createRequire(realpathSync(script))("google-protobuf/google/protobuf/struct_pb"));
  } catch {
    // An SDK that has them elsewhere goes on as it does.
  }
}
