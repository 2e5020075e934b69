import { deafenCallbacks } from "./no-callbacks.js";
import type { ProgramEnd, StartProgram } from "./program.js";
import type { Message } from "./sdk.js";

/** Long enough for a program that can end. */
const SETTLING_MS = 50;

/** What the SDK listens to while a program runs. A program that waits for ever leaves its listeners behind. */
const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Runs a function of this process as the program, with the language server of the SDK's Automation API. It must have been loaded with the same copy of
 * the SDK, and it can't be ended by force.
 */
export const inlineProgram =
  (program: () => Promise<unknown>): StartProgram =>
  (sdk, request, address) => {
    const { LanguageServer, RunRequest } = sdk.inline();
    const run: Message = new RunRequest();
    run.setProject(request.project.name);
    run.setStack(request.stack);
    run.setOrganization(request.organization);
    run.setParallel(request.parallel);
    run.setMonitorAddress(address);
    run.setArgsList([address]);
    run.setDryrun(request.operation === "preview");
    for (const [key, value] of Object.entries(request.config)) run.getConfigMap().set(key, value);
    run.setConfigsecretkeysList(request.secretKeys);
    const listenAgain = deafenCallbacks(sdk);
    const before = EVENTS.map((event) => new Set(process.listeners(event as "uncaughtException")));
    const ended = new Promise<ProgramEnd>((resolve) => {
      new LanguageServer(program).run({ request: run }, (error: Error | null | undefined) =>
        resolve(error ? { ok: false, message: error.message } : { ok: true }),
      );
    });
    return {
      ended,
      async stop() {
        // After the end of its run the SDK never settles what a program still waits for, and has closed its connections.
        const hanging = new Promise<void>((resolve) => setTimeout(resolve, SETTLING_MS));
        await Promise.race([ended, hanging]);
        listenAgain();
        EVENTS.forEach((event, i) => {
          for (const listener of process.listeners(event as "uncaughtException")) {
            if (!before[i]!.has(listener)) process.off(event, listener);
          }
        });
      },
    };
  };
