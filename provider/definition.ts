import type { z } from "zod";
import type { Packages } from "../system/packages.js";
import type { Refusal } from "./kernel/errors.js";
import type { Step } from "./kernel/plan.js";
import type { Scope, Snapshot } from "./kernel/snapshot.js";
import type { Misfit } from "./kernel/special-addresses.js";
import type { Need } from "./kernel/unreadable.js";
import type { Context, Declared, Noted } from "./ownership/context.js";

/**
 * One kind of resource. All of it is pure: the lifecycle reads the host, calls `plan` or `remove`,
 * and runs the steps. `D` is the parsed wish. Parsing is the only place where a value can be wrong.
 */
export interface Definition<D, State extends Noted> {
  /** `Bridge`, …: the Pulumi type is `pulumi-nodejs:dynamic/hostnet:<kind>`. */
  kind: string;
  /**
   * Inputs as the user wrote them → the wish. Messages name value, reason and cure. The path of an
   * issue is the argument.
   */
  schema: z.ZodType<D> & { shape: Record<string, unknown> };
  /**
   * The outputs in the state file, without those of all kinds: arguments, what `outputs` adds, and
   * notes.
   */
  state: z.ZodType<State>;
  /** Readable and derived from the thing itself ("bridge_home"). */
  id(desired: D): string;
  /**
   * What only one resource of a program on one host may be: "interface bridge_home". `shareable`: a
   * replacement and what it replaces may both be it for a while. `atMost`: so many may be it.
   */
  claims(desired: D): { property: string; claim: string; shareable?: boolean; atMost?: number }[];
  /** Programs that it needs on the host besides those that all need. */
  tools?(desired: D): Packages;
  /**
   * What of it no host can have, though it reads well. `check` asks where a value is new: what an
   * earlier version took stays in the state, and can be destroyed.
   */
  misfits?(desired: D): Misfit[];
  /**
   * What others of a program have to agree with or to heed, by name ("range of DUSTIN-SERVICES").
   */
  declares?(desired: D): Record<string, string>;
  /** Arguments that contradict what other resources have declared → the reason; `check` asks. */
  disagrees?(desired: D, declared: Declared): Record<string, string>;
  /**
   * What works otherwise than one may think, beside what others have declared. `check` says it
   * where it is new.
   */
  cautions?(desired: D, declared: Declared): string[];
  /** What `plan` and `remove` look at. */
  scope(desired: D): Scope;
  /**
   * What it has to know of a host's rules; where that can't be read it is neither made nor changed
   * nor taken for gone.
   */
  needs?(desired: D, host: Snapshot, context: Context<State>): Need[];
  /**
   * The steps that lead from the host as it is to the wish; none when it is as wished. Throws
   * Refusal for what is not ours.
   */
  plan(desired: D, host: Snapshot, context: Context<State>): Step[];
  /** The steps that take it away; what is gone already needs none, what is not ours gets none. */
  remove(desired: D, host: Snapshot, context: Context<State>): Step[];
  /**
   * What `remove` might be expected to take away or give back, and doesn't, with the reason: a
   * removal says so.
   */
  leaves?(desired: D, host: Snapshot, context: Context<State>): string[];
  /**
   * The steps that take out of it what this stack made there and has no resource for. Known only
   * where `context.resources` is.
   */
  strays?(desired: D, host: Snapshot, context: Context<State>): Step[];
  /**
   * What `remove` looks at, where that is less than `scope`: at first, and what more after that.
   */
  removalSees?: { first(desired: D): Scope; more?(desired: D, host: Snapshot, context: Context<State>): Scope };
  /**
   * Throws a Refusal that holds before anything of it is made. `check` asks, so the preview of a
   * new resource says it. `host` is as it was when this run looked first.
   */
  refuse?(desired: D, host: Snapshot, context: Context<State>): void;
  /** What is as it must be, and worth a word all the same; a look at it in a later run says it. */
  remarks?(desired: D, host: Snapshot): string[];
  /**
   * What stands where it is to be and is not this resource's to change: a Refusal for each, be it
   * asked to adopt or not. `check` asks of what is new.
   */
  strangers?(desired: D, host: Snapshot, context: Context<State>): Refusal[];
  /**
   * Throws a Refusal where others need it, so that a removal fails. `check` asks of what is
   * replaced.
   */
  mustBeUnused?(desired: D, host: Snapshot, context: Context<State>): void;
  /**
   * What the host as it is wouldn't take of it: a Refusal for each. Asked as `strangers` is. What
   * the program itself may make otherwise before is none.
   */
  unfit?(desired: D, host: Snapshot, context: Context<State>): Refusal[];
  /** The marks on what is there of it, whoever's: whose it is. */
  marks(desired: D, host: Snapshot, context: Context<State>): string[];
  /** Is there anything of it? A refresh drops the resource when not. */
  exists(desired: D, host: Snapshot, context: Context<State>): boolean;
  /**
   * The arguments as they are found on the host, for a refresh to show and to note. What was not
   * declared, and what isn't there to be looked at, is as in `desired`.
   */
  observe(desired: D, host: Snapshot, context: Context<State>): D;
  /** Arguments that outputs have though the program left them out: a derived MAC address. */
  derived?(desired: D, host: Snapshot, context: Context<State>): string[];
  /**
   * What other resources need besides the arguments; small and JSON. `host` is as it was before the
   * plan ran.
   */
  outputs(desired: D, host: Snapshot, context: Context<State>): Record<string, unknown>;
  /** Is nothing else made of it? Then it can wait a while for others to be made with it. */
  last?: boolean;
  /** Arguments whose change makes another thing of it: the resource is replaced. */
  immutable: string[];
  /**
   * Further arguments whose change makes another thing of it. `olds` and `news` are inputs as
   * written.
   */
  mustReplace?(olds: Record<string, unknown>, news: Record<string, unknown>): string[];
}
