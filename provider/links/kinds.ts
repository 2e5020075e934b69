import { z } from "zod";
import { unreadable } from "../kernel/errors.js";
import type { LinkOptions } from "../kernel/plan.js";
import { bridgeKind, bridgePort } from "./bridge-kind.js";
import { type AnyKind, settingsOf } from "./kind.js";
import { macvlanKind } from "./macvlan.js";
import { vethKind } from "./veth-observe.js";

/** The kinds of links that we read the settings of. A new one gets a line here. */
export const KINDS: readonly AnyKind[] = [bridgeKind, bridgePort, macvlanKind, vethKind];

/** The settings of a kind that we know, as text, from the JSON of `ip -d`. Throws HostError. */
export function linkOptions(kind: string, data: Record<string, unknown>): LinkOptions {
  const settings = KINDS.filter(({ name }) => name === kind).flatMap(settingsOf);
  const words = settings.flatMap(([, { word, json }]) => {
    const { data: text, error } = json.optional().safeParse(data[word]);
    if (error) throw unreadable("ip -json", `${word}: ${z.prettifyError(error)}`);
    return text === undefined ? [] : [[word, text]];
  });
  return Object.fromEntries(words);
}
