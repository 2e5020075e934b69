import type { Packages } from "../../system/packages.js";
import type { Family } from "../kernel/family.js";
import type { NatStep } from "../kernel/plan.js";
import type { Acting, Change, Memory, ServiceState } from "../kernel/service-change.js";
import type { ChainSpec, ServiceSpec } from "../kernel/service-spec.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { Need } from "../kernel/unreadable.js";
import type { Context } from "../ownership/context.js";
import type { PlaceNotes } from "./notes.js";
import type { ChainState } from "./state.js";

/** What is meant in a NatChain: the chain itself, a service or an endpoint in it, by their keys. */
export interface Thing {
  chain: string;
  service?: string;
  endpoint?: string;
}

/** Whose a thing is. */
export interface Whose {
  /** How messages call it. */
  what: string;
  /** What is written on that which makes it what it is; undefined where nothing is. */
  marks: (string | undefined)[];
  /** The same of all that it holds: empty where somebody has flushed it. */
  content: (string | undefined)[];
  /** The stack that has something in it may have it. */
  yields?: boolean;
}

/**
 * What has to be laid out: a NatChain, or a service with its endpoints, of which `endpoint` asks
 * for one and `whole` for all.
 */
export type Wanted = { chain: ChainSpec } | { service: ServiceState; endpoint?: string; whole?: boolean };

/** What a backend has in tables of nft of its own. host/nft-services.ts reads and changes them. */
export interface NftTables<Kernel = unknown> {
  /** Is a table, as nft names it, one of a NatChain? */
  isOwn(family: string, name: string): boolean;
  /** What it has, from what `nft -j list table` shows of these tables. */
  read(objects: object[]): Kernel;
  change(from: Kernel, to: Kernel, steps: NatStep[]): NftChange;
}

/** What leads from one state to another. */
export interface NftChange {
  /** For `nft -f`; "" when nothing differs. */
  script: string;
  /** The maps that have to be looked through afterwards. */
  remembered: Remembered[];
}

/**
 * A map that remembers which client goes to which endpoint, and which of its entries are out of
 * date. Packets put them there.
 */
export interface Remembered {
  /** "ip hostnet-DUSTIN-SERVICES affinity" */
  map: string;
  /** `key` and `value` as nft writes them: client [. address . protocol . port], and endpoint. */
  isStale(key: string, value: string): boolean;
}

/** One way to lay NatChains out in a kernel. All of it is pure: host/ reads and commits. */
export interface ServiceBackend<Kernel = unknown> {
  /** As the argument `backend` has it. */
  readonly name: string;
  /** Programs that it needs besides those that all need. */
  readonly tools: Packages;
  /** Its rules are in the host's firewall, and change in one transaction with those of others. */
  readonly inFirewall: boolean;
  /** Undefined where all is in the firewall. */
  readonly nft?: NftTables<Kernel>;
  /** What it has on a host. */
  of(host: Firewalls): Kernel;
  /** The same host with that in place of what it has. */
  on(host: Firewalls, kernel: Kernel): Firewalls;

  /** The NatChains of which something says what they are. */
  names(kernel: Kernel): Iterable<string>;
  /** A NatChain and what it holds; undefined where there is nothing of it. */
  state(kernel: Kernel, chain: string): ChainState | undefined;
  /** Can services be put into it? */
  serves(kernel: Kernel, chain: string): boolean;
  whose(kernel: Kernel, thing: Thing): Whose | undefined;
  /** What is in a NatChain besides itself, in words, whose that is, and of which service. */
  inside(kernel: Kernel, chain: string): { what: string; mark?: string; service?: string }[];

  /**
   * The kernel after changes. The cost follows what they change. The one given stays as it is, but
   * for one that was made for the same `owner`.
   */
  apply(kernel: Kernel, changes: Change[], owner?: object): Kernel;
  /** What is laid out otherwise though the notes are right, as one drift; "" when nothing is. */
  otherwise(kernel: Kernel, chain: string, wanted: Wanted): string;
  /**
   * How it says that a service or an endpoint is not there; with both, that the one doesn't lead to
   * the other.
   */
  missing(kernel: Kernel, thing: Thing): string;
  /**
   * Throws a Refusal or a Prerequisite when a service can't be laid out as wanted, with the
   * argument of a ServiceVip that is in the way.
   */
  mustFit(kernel: Kernel, chain: string, wanted: ServiceState, context: Context): void;
  /** The services whose layout depends on what else masquerades, and is otherwise. */
  unsettled(kernel: Kernel): { chain: string; service: string }[];
  /** Is something left that the state file says was not there before? */
  remains(kernel: Kernel, memory: Memory): boolean;
  /** Of which type the route to a virtual IP must be. */
  routeType(family: Family): "unicast" | "local";

  /** Arguments that it can't do, each with what is wrong. */
  problems(chain: Pick<ChainSpec, "hooks">): { argument: string; message: string }[];
  /** What has to be read to know of a thing. `certain`: it is, or was, on this backend. */
  needs(host: Snapshot, thing: Named, certain: boolean): Need[];
  /**
   * Throws a Refusal where the host has a thing by another variant of the same tool. With `context`
   * only what that may take counts.
   */
  mustBeAlone(host: Snapshot, thing: Named, context?: Context): void;
  /** What the state file notes of a thing. */
  outputs(kernel: Kernel, thing: Named, by: Acting): PlaceNotes;
  /** Does the state file say that a thing was made here? */
  isNoted(previous: PlaceNotes): boolean;
  /** The NatChains that an endpoint may have been in by the state file. */
  notedChains(previous: PlaceNotes): string[];
}

/** A thing with what of its arguments decides where it is. */
export interface Named {
  chain: string;
  /** The families that it is in. */
  families: readonly Family[];
  service?: string;
  endpoint?: string;
  /** Of a service. */
  spec?: ServiceSpec;
  /** Of a NatChain, with the services that it carries. */
  declared?: ChainSpec;
  carried?: ServiceSpec[];
  /** It changes its backend, or may. */
  moves?: boolean;
}
