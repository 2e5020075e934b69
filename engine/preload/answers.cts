/**
 * Answers that arrive. gRPC sends errors as headers. Node ends a connection when its headers are
 * longer than 64 KiB, and the caller never hears of it (grpc/grpc-node#2399). So a long error is a
 * file beside the socket. The SDK can't answer at all when the thrown value is no object, or its
 * text no Unicode; here it does.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as Grpc from "@grpc/grpc-js";
import { begin } from "./connections.cjs";
import { IN_FILE, PACKED } from "./error-metadata.cjs";
import { takeBackPrinted } from "./told-once.cjs";

/** The longest error that is told in the header of an answer, in bytes. */
const LONGEST = 16_384;

type Callback = (error: unknown, value?: unknown) => void;

/** A method that answers when it calls back; one of a stream has no callback. */
export type Method = (call: unknown, callback?: Callback) => unknown;

/** Makes a method answer whatever happens. Long errors become files in the folder. */
export const answering =
  (grpc: typeof Grpc, folder: string) =>
  (method: Method): Method =>
  (call, callback) => {
    if (!callback) return method(call);
    const end = begin();
    let answered = false;
    const once = (answer: () => void) => {
      if (answered) return;
      answered = true;
      answer();
      end();
    };
    const fail = (error: unknown) =>
      once(() => {
        takeBackPrinted(error);
        callback(statusOf(error, grpc, folder));
      });
    const answer: Callback = (error, value) =>
      error || value === undefined || value === null ? fail(error) : once(() => callback(null, value));
    // Bound, and not called: so no line of ours is in the stack of what a resource throws.
    Promise.resolve()
      .then(method.bind(undefined, call, answer))
      .catch(fail);
  };

let files = 0;

/** An error as gRPC can send it. */
// biome-ignore lint/suspicious/noExplicitAny: anything may be thrown
function statusOf(error: any, { Metadata, status }: typeof Grpc, folder: string): Partial<Grpc.StatusObject> {
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const said = [Number.isInteger(error?.code) && error.details, error?.message, error, error?.name].find(isText);
  const details = wellFormed(said ?? "what the provider threw has no text");
  const metadata = error?.metadata instanceof Metadata ? error.metadata : new Metadata();
  const code = error?.code === status.UNIMPLEMENTED ? status.UNIMPLEMENTED : status.UNKNOWN;
  const packed = metadata.get(PACKED)[0]?.toString("base64");
  if (encodeURI(details).length + (packed?.length ?? 0) <= LONGEST) return { code, details, metadata };
  files++;
  const file = `error-${files}`;
  writeFileSync(join(folder, file), JSON.stringify({ details, packed }), { mode: 0o600 });
  const named = new Metadata();
  named.set(IN_FILE, file);
  return { code, details: `the error is in the file ${file}`, metadata: named };
}

/** A text without halves of characters. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
