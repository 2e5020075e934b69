import { createRequire } from "node:module";
import { deafen, type Grpc } from "../preload/deafen.cjs";
import type { Message } from "../protocol/sdk.js";
import type { ProgramEnd, StartProgram } from "./program.js";

/** Long enough for a program that can end. */
const SETTLING_MS = 50;

/**
 * Events that the SDK listens to while a program runs. A program that never ends leaves its
 * listeners behind.
 */
const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Runs a function of this process as the program, with the language server of the SDK's Automation
 * API. The function must have been loaded with the same copy of the SDK. It can't be ended by
 * force.
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
    const listenAgain = deafen(sdk.callbacks(), createRequire(sdk.grpc)(sdk.grpc) as Grpc);
    const before = EVENTS.map((event) => new Set(process.listeners(event as "uncaughtException")));
    const ended = new Promise<ProgramEnd>((resolve) => {
      new LanguageServer(program).run({ request: run }, (error: Error | null | undefined) =>
        resolve(error ? { ok: false, message: error.message } : { ok: true }),
      );
    });
    return {
      ended,
      async stop() {
        // The SDK has closed its connections at the end of the run, and never settles what a
        // program still waits for.
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
