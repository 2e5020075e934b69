import { CliError } from "./errors.js";
import { openWorkspace, requireStack } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

/** `cancel`: takes the locks of a stack away, for when the run that held them was killed. */
export async function cancel(
  argument: string | undefined,
  flags: { stack?: string; yes?: boolean },
  surroundings: Surroundings,
): Promise<void> {
  if (argument && flags.stack) {
    throw new CliError("only one of --stack or argument stack name may be specified, not both");
  }
  const workspace = await openWorkspace(surroundings);
  const stack = await requireStack(workspace, argument ?? flags.stack, surroundings.env);
  if (!flags.yes) {
    if (!surroundings.interactive) throw new CliError("non-interactive mode requires --yes flag");
    const answer = await surroundings.ask(
      `This will irreversibly cancel the currently running update for '${stack.name}'!\nPlease confirm that this is what you'd like to do by typing \`${stack.name}\`: `,
    );
    if (answer.trim() !== stack.name) throw new CliError("confirmation declined");
  }
  const broken = await workspace.backend.breakLocks(stack);
  for (const line of broken) surroundings.out(`${line}\n`);
  surroundings.out(
    broken.length === 0
      ? `No update of '${stack.name}' is running: there was no lock to take away.\n`
      : `The currently running update for '${stack.name}' has been canceled!\n`,
  );
}
