import { describe, expect, it } from "vitest";
import type { CheckFailure } from "../../provider/lifecycle/inputs.js";
import { unclear } from "./clear.js";
import { leavesNothing, output, whyNotRoot } from "./host.js";
import { type Kind, lifecycleOn } from "./lifecycles.js";
import { RealHost } from "./real-host.js";

/** What is on a host that the kernel refuses a resource for, and what is said of it. */
export interface Situation {
  /** Shell commands that make it, and that take it away. */
  made: string;
  gone?: string;
  kind: Kind;
  args: Record<string, unknown>;
  /** What a preview says: argument and sentence. None where it can't be known before. */
  preview?: [argument: string, reason: string];
  /**
   * How the error of `up` ends, before what was undone: the preview's where it isn't given. null:
   * the kernel takes it.
   */
  up?: string | RegExp | null;
}

const shell = (script: string) => output(["sh", "-ec", script]);

/** The error of something that must fail, without what was undone. */
const errorOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: Error) => error.message.split("\n")[0]!,
  );

/** What a preview of a resource says that the state doesn't have. */
export const previewOf = async (
  kind: Kind,
  args: object,
  resource = "it",
  host = new RealHost({}),
): Promise<CheckFailure[]> => (await lifecycleOn(host, kind).check({}, inputs(args, resource))).failures;

const inputs = (args: object, resource = "it") => ({ ...args, __owner: `test/words/${resource}` });

/** Makes a situation, and asserts what preview and `up` say in it, and that `up` leaves nothing. */
export async function expectWords({ made, gone, kind, args, preview, up }: Situation): Promise<void> {
  await shell(made);
  try {
    await leavesNothing(async () => {
      const failures = await previewOf(kind, args);
      expect(failures).toEqual(preview ? [{ property: preview[0], reason: preview[1] }] : []);
      expect(failures.flatMap(unclear)).toEqual([]);
      if (up === null) return;
      const error = await errorOf(lifecycleOn(new RealHost({}), kind).create(inputs(args)));
      const expected = up ?? preview!.join(": ");
      if (expected instanceof RegExp) return expect(error).toMatch(expected);
      expect(error.slice(-expected.length)).toBe(expected);
      const [argument = "", reason = ""] = expected.split(/: (.*)/);
      expect(unclear({ property: argument, reason })).toEqual([]);
    });
  } finally {
    if (gone) await shell(gone);
  }
}

/** A test for each of some situations, by what is wrong in it. */
export const describeWords = (situations: Record<string, Situation>): void =>
  describe.each(Object.entries(situations))("%s", (_what, situation) => {
    it("is said with argument, value, reason and cure, and nothing is left", async ({ skip }) => {
      const reason = whyNotRoot(situation.made);
      if (reason !== undefined) skip(reason);
      await expectWords(situation);
    });
  });

/** The command that turns IPv6 off (1) or on (0) for an interface, for all, or for new ones. */
export const turnIp6Off = (key: string, value: 0 | 1) => `sysctl -qw net.ipv6.conf.${key}.disable_ipv6=${value}`;
