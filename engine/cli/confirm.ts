import type { DisplayOptions, Ending } from "../display/display.js";
import { DiffDisplay } from "../display/rich-diff.js";
import { nounOf } from "../display/words.js";
import type { EngineEvent, Operation } from "../model/types.js";
import { CliError, EXIT } from "./errors.js";
import type { OperationFlags } from "./operation-flags.js";
import type { Surroundings } from "./surroundings.js";

/** Refuses to change anything unasked when there is nobody to ask. */
export function requireConfirmation(operation: Operation, flags: OperationFlags, { interactive }: Surroundings): void {
  if (operation === "preview" || interactive || flags.yes || flags.skipPreview || flags.previewOnly) return;
  throw new CliError(
    "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode",
    // Not a slip: the CLI's refresh ends with another code than its up and destroy.
    operation === "refresh" ? EXIT.error : EXIT.configuration,
  );
}

const YES = new Set(["yes", "y"]);
const NO = new Set(["no", "n", ""]);
const DETAILS = new Set(["details", "d"]);

/** Asks whether to go on after a preview; `details` shows it again with all values. */
export async function confirm(
  options: DisplayOptions,
  preview: { events: EngineEvent[]; ending: Ending } | undefined,
  surroundings: Surroundings,
): Promise<void> {
  const noun = nounOf(options.operation);
  const note =
    options.operation === "refresh"
      ? "\nNo resources will be modified as part of this refresh; just your stack's state will be.\n"
      : " ";
  const choices = preview ? "yes/no/details" : "yes/no";
  for (;;) {
    const answer = (await surroundings.ask(`Do you want to perform this ${noun}?${note}[${choices}] `)).trim();
    if (YES.has(answer)) return;
    if (preview && DETAILS.has(answer)) {
      const display = new DiffDisplay(options);
      for (const event of preview.events) display.event(event);
      display.end(preview.ending);
    } else if (NO.has(answer)) {
      surroundings.out(`confirmation declined, not proceeding with the ${noun}\n`);
      throw new CliError("", EXIT.error);
    }
  }
}
