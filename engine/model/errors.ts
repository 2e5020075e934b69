import { fileProblem } from "./file-errors.js";

/** What the engine says where a program needs what only the CLI has. */
export const USE_THE_CLI = "use the Pulumi CLI for this program (`pulumi up`)";

/** A failure that was told to the user already, so that whoever catches it only stops. */
export class Bail extends Error {}

/** A provider made or changed the resource, but it isn't healthy: the state keeps what there is. */
export class InitError extends Error {
  constructor(
    readonly id: string,
    readonly properties: Record<string, unknown>,
    readonly reasons: string[],
  ) {
    const list = reasons.map((reason) => `\t* ${reason}\n`).join("");
    const count = `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`;
    super(reasons.length === 0 ? "resource init failed" : `${count}\n${list}\n`);
  }
}

/** A protected resource was to be deleted. The others go on. */
export class ProtectedError extends Error {
  constructor(urn: string) {
    super(
      `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the \`protect\` flag ` +
        `from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${urn}'\``,
    );
  }
}

/** The text of anything thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? (fileProblem(error) ?? error.message) : String(error);
