import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What each bench takes: a file for all figures, and whether its section is written. */
const COMMON = {
  json: { type: "string" },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const satisfies Options;

type Values<Own extends Options> = ReturnType<typeof parseArgs<{ options: Own & typeof COMMON }>>["values"];

/** The options of a bench, with those that all have. Undefined where it only tells its usage. */
export function benchOptions<const Own extends Options>(usage: string, own: Own): Values<Own> | undefined {
  const { values } = parseArgs({ options: { ...own, ...COMMON } });
  if (!(values as { help?: boolean }).help) return values as Values<Own>;
  console.log(usage);
  return undefined;
}
