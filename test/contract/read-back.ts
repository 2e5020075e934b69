import { expect } from "vitest";
import type { HostApi } from "../../provider/host/host.js";
import { HostError, Refusal } from "../../provider/kernel/errors.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { type Declaration, isRecord, type Program, staged } from "../support/any-program.js";
import { differing, ELSEWHERE, namedIn, parsed } from "../support/differing.js";
import { type Kind, lifecycleIn, UNASKED } from "../support/lifecycles.js";
import { statesOn, wantedStates } from "../support/wanted-states.js";

/** A host that many programs are made on, one after the other. */
export interface World {
  /** Each run has an object of its own, which looks anew. */
  host(): HostApi;
  look(): Promise<Snapshot>;
}

/** How far a program has come: the host, or the program itself, may refuse it. */
type Outcome = "refused" | "made" | "spoilt";

/** So long that marks are as long as they can be. */
const LONG = "x".repeat(80);

/** A program as an engine has it: with the owner in the arguments. */
export const owned = (program: Program): Program =>
  program.map(({ kind, name, args }) => ({ kind, name, args: { ...args, __owner: `read/back/${name}-${LONG}` } }));

/**
 * What a program declares is what is read back from the host, and no diff of it says anything. With
 * one argument of one resource made otherwise, that is read back, and the diff of the resource as
 * it was declared names that argument and no other. It heals that, and what is removed leaves
 * nothing.
 */
export async function readsBack(world: World, program: Program, spoilt: Program, name: string): Promise<Outcome> {
  const stack = new Stack(world);
  const pristine = await world.look();
  if (!(await stack.isAccepted(program))) return "refused";
  let outcome: Outcome = "refused";
  try {
    await stack.make(program);
    outcome = "made";
    expect(statesOn(await world.look())).toEqual(wantedStates(program));
    for (const made of stack.made.values()) expect(await stack.diff(made)).toEqual([]);
    if (await stack.canBecome(spoilt, name)) {
      const before = stack.made.get(name)!;
      await stack.update(spoilt, name);
      outcome = "spoilt";
      await isRead(stack, world, before, spoilt);
      stack.made.set(name, before);
      await stack.update(program, name);
      expect(statesOn(await world.look())).toEqual(wantedStates(program));
      expect(await stack.diff(stack.made.get(name)!)).toEqual([]);
    }
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof HostError)) throw error;
  }
  await stack.remove();
  const { links, routes, firewall, services } = await world.look();
  expect({ links: links.size, routes, firewall, services }).toEqual({ ...pick(pristine), links: pristine.links.size });
  return outcome;
}

const pick = ({ routes, firewall, services }: Snapshot) => ({ routes, firewall, services });

async function isRead(stack: Stack, world: World, before: Made, spoilt: Program): Promise<void> {
  const { kind, name, args } = before.declared;
  const news = spoilt.find((each) => each.name === name)!.args;
  const host = await world.look();
  expect(statesOn(host)).toEqual(wantedStates(spoilt));
  // A link on top of another one begins with the MTU of that.
  const below = host.links.get(String(args.link));
  const initial = below ? { mtu: below.mtu } : {};
  const said = await stack.diff(before);
  // Nothing can be read of an interface that isn't there.
  const isThere = (argument: string) =>
    !argument.includes(".eth0.") || host.namespaces.get(String(args.name))?.links.has("eth0");
  const differs = (from: Inputs) => differing(kind, from, parsed(kind, news), initial).filter(isThere);
  const wrong = differs(parsed(kind, args));
  // A service that is named without its chain may be in another one, where nobody looks.
  const isBare = ({ service }: Inputs) => !String(service).includes("/");
  if (kind === "endpoint" && namedIn(said).includes("name") && [args, news].some(isBare)) {
    expect({ said, wrong }).toEqual({ said, wrong: ["service"] });
    return;
  }
  expect({ said, named: namedIn(said) }).toEqual({ said, named: wrong });
  if (wrong.some(isUnread)) return;
  const found = filled(parsed(kind, await stack.read(before)), parsed(kind, news));
  expect(differs(found)).toEqual([]);
}

/**
 * Nothing of a thing that is elsewhere is noted, nor that a service has come to carry its endpoints
 * or carries them no more: that stays drift.
 */
const isUnread = (argument: string) => ELSEWHERE.includes(argument) || /(^|\.)endpoints$/.test(argument);

/** What was not declared is not looked for: that is as the host has it. */
const filled = (found: Inputs, host: Inputs): Inputs =>
  Object.fromEntries(
    [...new Set([...Object.keys(found), ...Object.keys(host)])].map((key) => {
      const [is, other] = [found[key], host[key]];
      return [key, isRecord(is) && isRecord(other) ? filled(is, other) : (is ?? other)];
    }),
  );

interface Made {
  declared: Declaration;
  id: string;
  outs: Inputs;
}

/** There are thousands of runs. */
const there = (args: Inputs): Inputs => ({ ...args, host: UNASKED });

/** A program made on a host. */
class Stack {
  readonly made = new Map<string, Made>();

  constructor(private readonly world: World) {}

  private run(): Run {
    return new Run(product, { host: this.world.host() });
  }

  private calls(kind: Kind, run = this.run()) {
    return lifecycleIn(run, kind);
  }

  async isAccepted(program: Program): Promise<boolean> {
    const run = this.run();
    const olds = (name: string) => there(this.made.get(name)?.declared.args ?? {});
    const checks = program.map(({ kind, name, args }) => this.calls(kind, run).check(olds(name), there(args)));
    return (await Promise.all(checks)).every(({ failures }) => failures.length === 0);
  }

  async make(program: Program): Promise<void> {
    const run = this.run();
    const create = async ([kind, name, args]: readonly [Kind, string, Inputs]) => {
      await this.calls(kind, run).check({}, there(args));
      const made = await this.calls(kind, run).create(there(args));
      this.made.set(name, { declared: { kind, name, args }, ...made });
    };
    for (const stage of staged(program)) await all(stage.map(create));
  }

  /** Can a resource be changed in place to what a program has of it? */
  async canBecome(program: Program, name: string): Promise<boolean> {
    const { declared, id, outs } = this.made.get(name)!;
    const { args } = program.find((each) => each.name === name)!;
    if (!(await this.isAccepted(program))) return false;
    const { replaces = [] } = await this.calls(declared.kind).diff(id, outs, there(args));
    return replaces.length === 0;
  }

  async update(program: Program, name: string): Promise<void> {
    const made = this.made.get(name)!;
    const declared = program.find((each) => each.name === name)!;
    const run = this.run();
    for (const { kind, name, args } of program)
      await this.calls(kind, run).check(there(this.made.get(name)!.declared.args), there(args));
    const { outs } = await this.calls(declared.kind, run).update(made.id, made.outs, there(declared.args));
    this.made.set(name, { ...made, declared, outs });
  }

  /** What the diff of a resource that hasn't changed says; that it changes something, too. */
  async diff({ declared: { kind, args }, id, outs }: Made): Promise<string[]> {
    const said: string[] = [];
    const { log } = console;
    const isRemark = (line: string) => line.includes("is not set, for there is no interface");
    console.log = (line: string) => void (isRemark(line) || said.push(line));
    const { changes } = await this.calls(kind)
      .diff(id, outs, there(args))
      .finally(() => {
        console.log = log;
      });
    expect(changes === true).toBe(said.length > 0);
    return said;
  }

  /** The arguments as a refresh finds them. */
  async read({ declared: { kind, args }, id, outs }: Made): Promise<Inputs> {
    const { inputs = args } = await this.calls(kind).read(id, outs);
    const { host: _, ...found } = inputs;
    return found;
  }

  async remove(): Promise<void> {
    const run = this.run();
    for (const { declared, id, outs } of [...this.made.values()].reverse())
      await this.calls(declared.kind, run).delete(id, outs);
  }
}

/** All end, whatever becomes of one; then the first failure is thrown. */
async function all(work: Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}
