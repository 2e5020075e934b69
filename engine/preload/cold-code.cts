/**
 * V8 11 (Node 20) optimizes a function after 66 KB of bytecode. In a run of a few seconds that
 * takes more time, in threads of its own, than it saves. A function that is really hot still comes
 * to it.
 * Later releases wait longer by themselves, and don't know the flag.
 *
 * For speed. It relies on nothing of the SDK.
 */
import { setFlagsFromString } from "node:v8";

if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=1000000");
