import { z } from "zod";
import { drift } from "../kernel/drift.js";
import type { FailureCode } from "../kernel/errors.js";
import type { LinkOptions, LinkSettings } from "../kernel/plan.js";

/** A setting of a kind of link: a word of `ip link` with one value. */
export interface Setting<T> {
  /** In the JSON of `ip` it has the same name. */
  word: string;
  toText(value: T): string;
  fromText(text: string): T;
  /** A value in the JSON of `ip -d -j link` → text. */
  json: z.ZodType<string>;
  /** What the kernel gives a link that is made without it. */
  initial: T;
  /** Can the kernel not change it from `found` to `wanted` on a link that is there? */
  isFixed?(found: T, wanted: T): boolean;
  /** The option of the kernel's build that it needs besides that of its kind. */
  builtWith?: string;
}

/** What a kind of link needs of a kernel, and what the kernel's words of refusal don't say. */
interface OfKernel {
  /** The module, and the option of the kernel's build. A port's kind is its master's. */
  built?: { module: string; option: string };
  /** Why the kernel may make none, by its answer, with the cure. */
  refused?: Partial<Record<FailureCode, string>>;
}

/**
 * A kind of link: a row from which the reader, the model and the plans are made. A kind whose links
 * are ports of bridges needs nothing for that.
 */
export interface LinkKind<Options = object> extends OfKernel {
  /** As `ip link` calls it. */
  name: string;
  /** By the arguments of the resource. */
  settings: { [Argument in keyof Options]-?: Setting<NonNullable<Options[Argument]>> };
}

/** A switch that is 1 or 0 everywhere. */
export const flag = (word: string, initial = false): Setting<boolean> => ({
  word,
  toText: (on) => (on ? "1" : "0"),
  fromText: (text) => text !== "0",
  json: z.number().transform((number) => (number === 0 ? "0" : "1")),
  initial,
});

/** A switch that is on or off, and true or false in JSON. */
export const onOff = (word: string, initial = false): Setting<boolean> => ({
  word,
  toText: (on) => (on ? "on" : "off"),
  fromText: (text) => text === "on",
  json: z.boolean().transform((on) => (on ? "on" : "off")),
  initial,
});

/** One of some words. */
export const choice = <T extends string>(
  word: string,
  initial: T,
  isFixed?: (found: T, wanted: T) => boolean,
): Setting<T> => ({
  word,
  toText: (value) => value,
  fromText: (text) => text as T,
  json: z.string(),
  initial,
  isFixed,
});

/** A kind as it is where nobody knows which one it is. */
export interface AnyKind extends OfKernel {
  name: string;
  settings: object;
}

/** The settings of a kind, by argument. */
export const settingsOf = (kind: AnyKind) => Object.entries(kind.settings) as [string, Setting<unknown>][];

/** What `ip link add` has to be told: a kernel may not know what nobody asks for. */
export const newOptions = <O extends object>(kind: LinkKind<O>, wish: O): LinkOptions =>
  Object.fromEntries(
    settingsOf(kind)
      .map(([argument, setting]) => [setting, wish[argument as keyof O] ?? setting.initial] as const)
      .filter(([setting, value]) => value !== setting.initial)
      .map(([setting, value]) => [setting.word, setting.toText(value)]),
  );

export interface OptionChange {
  set: LinkSettings;
  before: LinkSettings;
  why: string;
  /** The kernel can't change it: the link has to be made again. */
  isFixed: boolean;
}

/** What differs from what is wished, by argument. A setting that isn't found is initial. */
export function optionChanges<O extends object>(kind: LinkKind<O>, wish: O, found: LinkOptions = {}): OptionChange[] {
  const type = (setting: Setting<unknown>, value: unknown): LinkSettings => ({
    type: { kind: kind.name, options: { [setting.word]: setting.toText(value) } },
  });
  return settingsOf(kind).flatMap(([argument, setting]) => {
    const text = found[setting.word];
    const now = text === undefined ? setting.initial : setting.fromText(text);
    const wanted = wish[argument as keyof O] ?? setting.initial;
    if (now === wanted) return [];
    return {
      set: type(setting, wanted),
      before: type(setting, now),
      why: drift(argument, now, wanted),
      isFixed: setting.isFixed?.(now, wanted) ?? false,
    };
  });
}
