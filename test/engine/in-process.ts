import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll } from "vitest";
import { inlineProgram } from "../../engine/inline-program.js";
import { type ProviderProcess, startProvider } from "../../engine/provider-process.js";
import type { Runners } from "../../engine/runners.js";
import type { FixtureProgram } from "./fixture.js";
import { PROGRAM } from "./surroundings.js";

let kept: ProviderProcess | undefined;
let tell: (line: string, stream: "stdout" | "stderr") => void = () => {};
afterAll(() => kept?.stop());

/** The fixture program as a function of this process, and one provider process for all runs. */
export function inProcess(program: FixtureProgram): Runners {
  const run = createRequire(join(PROGRAM, "index.js"))("./program.js") as (program: FixtureProgram) => Promise<unknown>;
  return inline(() => run(JSON.parse(JSON.stringify(program))));
}

/** A function of this process as the program. */
export const inline = (run: () => Promise<unknown>): Runners => ({
  program: inlineProgram(run),
  provider: (options) => {
    tell = options.onLine;
    kept ??= startProvider({ ...options, onLine: (line, stream) => tell(line, stream) });
    return { ...kept, stop: async () => {} };
  },
});
