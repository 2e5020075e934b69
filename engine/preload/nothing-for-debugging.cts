/**
 * For each promise the SDK keeps where it was made, for PULUMI_DEBUG_PROMISE_LEAKS. Through source
 * maps that is a third of the time of a program with many resources. It logs several lines a
 * resource that only the CLI's --debug shows. And it attaches a debugger to itself, which costs a
 * tenth of a second and is of use only where functions are serialized.
 *
 * For speed. It relies on runtime/debuggable (`debuggablePromise`, `debugPromiseLeaks`), on
 * log/index (`debug`) and on runtime/closure/v8Hooks (`isInitializedAsync`, `getSessionAsync`,
 * `getScriptUrl`): others call these through the module.
 */
import type { Debugger, InspectorNotification, Session } from "node:inspector";
import { type Exports, mend } from "./sdk-files.cjs";

mend({
  "runtime/debuggable": keepNoTraces,
  "log/index": (sdk) => {
    if (sdk.debug) sdk.debug = () => Promise.resolve();
  },
  "runtime/closure/v8Hooks": attachWhenAsked,
});

function keepNoTraces(sdk: Exports): void {
  const { debuggablePromise } = sdk;
  if (sdk.debugPromiseLeaks || !debuggablePromise) return;
  sdk.debuggablePromise = (...args: unknown[]) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(...args);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}

function attachWhenAsked(sdk: Exports): void {
  const files = new Map<string, string>();
  let session: Promise<Session> | undefined;
  sdk.isInitializedAsync = () => Promise.resolve();
  sdk.getScriptUrl = (id: string) => files.get(id);
  sdk.getSessionAsync = () => {
    session ??= attach(files);
    return session;
  };
}

async function attach(files: Map<string, string>): Promise<Session> {
  const { Session } = require("node:inspector") as typeof import("node:inspector");
  const session = new Session();
  session.connect();
  // Who listens before is told what has been loaded until now, too.
  session.on("Debugger.scriptParsed", ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
    files.set(params.scriptId, params.url);
  });
  await new Promise<void>((resolve, reject) =>
    session.post("Debugger.enable", (error) => (error ? reject(error) : resolve())),
  );
  return session;
}
