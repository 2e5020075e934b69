/** Exit codes as the Pulumi CLI gives them. */
export const EXIT = {
  ok: 0,
  error: 1,
  configuration: 2,
  stackNotFound: 6,
  noChangesExpected: 7,
  cancelled: 8,
} as const;

/** An error for the user, with its exit code. An empty message: all was said already. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.error,
  ) {
    super(message);
  }
}

/** A failure that the display has shown already. */
export const alreadyShown = (exitCode: number = EXIT.error) => new CliError("", exitCode);
