/**
 * The SDK prints an error of a program with `util.inspect` in colours. For some stacks that takes
 * Node 20 half a minute and gigabytes (pulumi/pulumi#20567). A diagnostic needs no colours.
 *
 * For speed. It relies on cmd/run/run, which calls `util.inspect(error, { colors: true })`.
 */
import util = require("node:util");

const { inspect } = util;
const plain = (value: unknown, options?: util.InspectOptions, ...rest: unknown[]): string => {
  const asked = value instanceof Error && options?.colors ? { ...options, colors: false } : options;
  return Reflect.apply(inspect, util, [value, asked, ...rest]);
};
util.inspect = Object.defineProperties(plain, Object.getOwnPropertyDescriptors(inspect)) as typeof inspect;
