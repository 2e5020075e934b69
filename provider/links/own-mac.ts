import { derivedMac } from "../kernel/mac.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";

interface Named {
  name: string;
  macAddress?: string;
}

/** The MAC address of a link that is given none: the same whenever it is made again. */
export const derivedFor = (name: string, host: Snapshot, context: Context, ...end: string[]): string =>
  derivedMac(host.machineId, context.host, context.owner.stack, name, ...end);

/** The MAC address that a link is to have. */
export function macOf(
  { name, macAddress }: Named,
  host: Snapshot,
  context: Context<Noted & { macAddress?: string }>,
): string {
  return (macAddress ?? context.previous?.macAddress ?? derivedFor(name, host, context)).toLowerCase();
}

/** The outputs have a MAC address in any case: the argument, where nobody has declared it. */
export const undeclaredMac = ({ name, macAddress }: Named, host: Snapshot, context: Context): string[] =>
  macAddress === derivedFor(name, host, context) ? ["macAddress"] : [];
