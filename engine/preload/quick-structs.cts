/**
 * Quick Structs, see engine/quick-structs.cts.
 *
 * For speed. It relies on proto/*_pb, which require google-protobuf's struct_pb, and on the classes
 * of that file.
 */
import { quickStructs } from "../quick-structs.cjs";
import { mend } from "./sdk-files.cjs";

mend({ "google-protobuf/google/protobuf/struct_pb": quickStructs });
