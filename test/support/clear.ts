import { Refusal } from "../../provider/kernel/errors.js";
import type { CheckFailure } from "../../provider/lifecycle/inputs.js";

/** Words of zod or of JavaScript. */
const RAW =
  /Invalid (input|option|key)|Unrecognized key|Too (big|small)|received|Cannot read|is not a function|\[object|undefined/;

/**
 * What is wrong with a refusal because of the host: it has to say what is in the way, and a cure.
 */
export const unclearRefusal = (error: unknown): string[] =>
  error instanceof Refusal
    ? unclear({ property: error.argument, reason: `"" ${error.reason}` })
    : [`no refusal: ${error}`];

/**
 * What is wrong with a refused argument. The message has to name argument, value, reason and cure,
 * on one readable line.
 */
export function unclear({ property, reason }: CheckFailure): string[] {
  // A secret's value is not said; and of this process' rights nobody's argument is to blame.
  const secret = /^host\.connection\./.test(property) || /is the host|is no host/.test(reason);
  const says = (what: RegExp | boolean, problem: string) =>
    (typeof what === "boolean" ? what : what.test(reason)) ? [] : [`${problem}: ${property}: ${reason}`];
  return [
    ...says(property !== "" || /may not change this machine's network/.test(reason), "names no argument"),
    ...says(!RAW.test(reason.replace(/"(\\.|[^"\\])*"/g, "")), "says it in the words of a library"),
    ...says(secret || /"|\d|true|false|null|NaN|\[|\{|^is missing/.test(reason), "gives no value"),
    ...says(/: \S/, "gives no cure"),
    ...says(!/\p{Cc}/u.test(reason + property), "holds control characters"),
    ...says(reason.length < 1_000 && property.length < 300, "is too long to be read"),
  ];
}
