/**
 * Something on the host stands in the way of an argument and is not ours to change. The reason ends
 * with the cure.
 */
export class Refusal extends Error {
  override name = "Refusal";

  /** `argument` is a path, as in "peer.gateway". */
  constructor(
    readonly argument: string,
    readonly reason: string,
  ) {
    super(`${argument}: ${reason}`);
  }

  /** The same, said of another argument. */
  as(argument: string, reason: string): Refusal {
    return new Refusal(argument, reason);
  }
}

/**
 * What another resource makes is not there: a service's chain after a reboot, say. While drift is
 * looked for, the other resource shows it, and this one follows. When it comes to writing, it is an
 * error whose message names the cure.
 */
export class Prerequisite extends Refusal {
  override name = "Prerequisite";

  constructor(
    argument: string,
    reason: string,
    /** What is missing, and what its resource claims to be ("interface br0"), if that is known. */
    readonly missing: { what: string; claim?: string },
  ) {
    super(argument, reason);
  }

  override as(argument: string, reason: string): Prerequisite {
    return new Prerequisite(argument, reason, this.missing);
  }
}

/**
 * Nobody can tell what is there: a tool does not show it. No change and no removal is planned on a
 * guess, and a preview fails. The message names what can't be read, why, and the cure.
 */
export class Unreadable extends Error {
  override name = "Unreadable";
}

/** A tool's failure in one word. Only host/classify.ts reads a tool's text. */
export type FailureCode =
  | "not-found"
  | "exists"
  | "busy"
  | "permission"
  | "read-only"
  | "full"
  | "in-use"
  | "no-ipv6"
  | "missing"
  | "unsupported"
  | "invalid"
  | "timeout"
  | "killed"
  | "too-long"
  | "other";

/** A step failed: the command, what the tool said, and what was undone. */
export class HostError extends Error {
  override name = "HostError";
  constructor(
    readonly code: FailureCode,
    /** The command as a person would type it. */
    readonly command: string,
    readonly stderr: string,
    readonly undone: string[] = [],
  ) {
    super(
      [
        `${command} failed (${code}): ${stderr.trim() || "no message"}`,
        undone.length > 0 ? `undone: ${undone.join("; ")}` : "nothing had to be undone",
      ].join("\n"),
    );
  }
}

/** A tool ended well, and its output can't be read: cut off, mixed up, or of an unknown version. */
export const unreadable = (tool: string, why: string): HostError =>
  new HostError("other", tool, `its output can't be read, so nothing is concluded from it: ${why}`);

/** Whether nobody knows how far a tool had come: it was killed, or took too long. */
export const isUnclear = (error: unknown): boolean =>
  error instanceof HostError && (error.code === "killed" || error.code === "timeout");
