import { z } from "zod";
import type { Definition } from "../definition.js";
import { type HostAddress, hostAddress } from "../kernel/host-address.js";
import { shown } from "../kernel/shown.js";
import type { Noted } from "../ownership/context.js";
import { type Owner, parseOwner } from "../ownership/mark.js";
import { wrongValue } from "./wrong-value.js";

/** How Pulumi writes a value that a preview does not know yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Inputs = Record<string, unknown>;

/** A wrong argument, as Pulumi shows it. */
export interface CheckFailure {
  property: string;
  reason: string;
}

/** What every resource has besides its own arguments. */
const common = z.object({
  host: hostAddress.default({}),
  adopt: z
    .boolean({
      error: ({ input }) =>
        `${shown(input)} is not true or false: write true, without quotes, to take over an object of that name that nobody owns`,
    })
    .default(false),
  __owner: z.string(),
});

/** A parsed resource: where, whose, and what. */
export interface Wish<D> {
  host: HostAddress;
  owner: Owner;
  adopt: boolean;
  desired: D;
}

/** What of a definition says how its inputs are read. */
export type Described<D> = Pick<Definition<D, Noted>, "schema">;

export type Parsed<D> = { wish: Wish<D>; failures?: undefined } | { wish?: undefined; failures: CheckFailure[] };

/**
 * Parses inputs. In a preview a value may be unknown. What is wrong elsewhere is still found. When
 * nothing else is wrong there is neither a wish nor a failure.
 */
export function parseInputs<D>({ schema }: Described<D>, inputs: Inputs): Parsed<D> {
  const own = ownArguments(inputs);
  const shared = common.safeParse(inputs, { error: wrongValue });
  const desired = schema.safeParse(own, { error: wrongValue });
  if (shared.success && desired.success && !hasUnknown(inputs)) {
    const { host, adopt, __owner } = shared.data;
    return { wish: { host, adopt, owner: parseOwner(__owner), desired: desired.data } };
  }
  const issues = [...(shared.error?.issues ?? []), ...(desired.error?.issues ?? [])];
  const unknown = unknownPaths(inputs);
  const failures = issues
    .filter(({ path }) => !unknown.some((each) => path.every((key, at) => at >= each.length || key === each[at])))
    .flatMap(failuresOf);
  return { failures };
}

function failuresOf(issue: z.core.$ZodIssue): CheckFailure[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      property: pathText([...path, key]),
      reason: `${shown(key)} is no argument${path.length > 0 ? ` of ${pathText(path)}` : ""}: correct its spelling, or remove it`,
    }));
  // A wrong key of a map has its reason one level down.
  const reason = issue.code === "invalid_key" ? issue.issues.map(({ message }) => message).join("; ") : issue.message;
  return [{ property: pathText(path), reason }];
}

/** The arguments that are this kind's own: its schema refuses what it doesn't know. */
export function ownArguments(inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).filter(([key, value]) => !isShared(key) && value !== undefined && value !== null),
  );
}

const isShared = (key: string) => key.startsWith("__") || key === "host" || key === "adopt";

export function hasUnknown(value: unknown): boolean {
  return unknownPaths(value).length > 0;
}

function unknownPaths(value: unknown, path: PropertyKey[] = []): PropertyKey[][] {
  if (value === UNKNOWN) return [path];
  if (Array.isArray(value)) return value.flatMap((each, index) => unknownPaths(each, [...path, index]));
  if (value && typeof value === "object")
    return Object.entries(value).flatMap(([key, each]) => unknownPaths(each, [...path, key]));
  return [];
}

/** As Pulumi writes property paths: a key of other than a name's characters stands in brackets. */
export function pathText(path: PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\w./:-]{1,80}$/.test(name)) return `${text}[${shown(name)}]`;
    return text ? `${text}.${name}` : name;
  }, "");
}
