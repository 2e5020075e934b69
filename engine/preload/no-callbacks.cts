/**
 * No server of the SDK's listens in a program's process, see deafen.cts.
 *
 * Needed for safety: every user of the machine could call it. It relies on runtime/callbacks: its
 * class `CallbackServer` has its address in `_target`, and asks for it with `bindAsync` of gRPC's
 * `Server` when it is made.
 */
import { createRequire } from "node:module";
import { type Callbacks, deafen, type Grpc } from "./deafen.cjs";
import { mend } from "./sdk-files.cjs";

mend({
  "runtime/callbacks": (callbacks: Callbacks, path) => {
    deafen(callbacks, createRequire(path)("@grpc/grpc-js") as Grpc);
  },
});
