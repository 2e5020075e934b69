import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Runners } from "../../engine/deployment/runners.js";
import type { OwnPackage, ResourceCalls } from "../../engine/own-package.js";
import { inlineProgram } from "../../engine/program/inline-program.js";
import { type ProviderProcess, startProvider } from "../../engine/providers/provider-process.js";
import type { FixtureProgram } from "./fixture.js";
import { PROGRAM } from "./surroundings.js";

let kept: ProviderProcess | undefined;
let tell: (line: string, stream: "stdout" | "stderr") => void = () => {};
afterAll(() => kept?.stop());

const fixture = createRequire(join(PROGRAM, "index.js"));

/** The fixture program as a function of this process, and one provider process for all runs. */
export function inProcess(program: FixtureProgram): Runners {
  const run = fixture("./program.js") as (program: FixtureProgram) => Promise<unknown>;
  return inline(() => run(JSON.parse(JSON.stringify(program))));
}

/** The fixture's resources, served in this process. */
export const OWN: Record<string, OwnPackage> = {
  test: {
    handlerOf: (code) => /HOSTNET_TEST_PROVIDER\)\.(\w+)$/.exec(code)?.[1],
    serve: async () => ({
      calls: (handler) => (fixture("./provider.js") as Record<string, ResourceCalls>)[handler]!,
      finish: async () => {},
      close: async () => {},
    }),
  },
};

/** A function of this process as the program. */
export const inline = (run: () => Promise<unknown>): Runners => ({
  program: inlineProgram(run),
  provider: (options) => {
    tell = options.onLine;
    kept ??= startProvider({ ...options, onLine: (line, stream) => tell(line, stream) });
    return { ...kept, stop: async () => {} };
  },
});
