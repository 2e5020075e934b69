import { sameRule } from "../../kernel/iptables/rule-facts.js";
import { type Rule, type TableName, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Acting } from "../../kernel/service-change.js";
import type { EndpointSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { commentOf, noteOf, type RuleNote, remarked, sameNote } from "../../ownership/comment.js";
import type { Place } from "../../ownership/origin.js";
import { endpointChainName, masqueradeChainName, outsideChainName, prefixOf, serviceChainName } from "../chain-name.js";
import type { TrafficPolicy } from "../eligible.js";
import { hasOutsideFrontend } from "../frontends.js";
import { choosingRules, endpointRules, type Jump } from "./choice.js";
import { dispatchRules } from "./dispatch.js";
import type { Draft, Kind } from "./draft.js";
import { gateRules } from "./gate.js";
import { isMasqueraded, masqueradeRules } from "./masquerade.js";
import { saysOf, saysSo } from "./notes.js";
import { jumpsIn } from "./read.js";

/** Rules that have to be somewhere, and those that are there for the same. */
export interface Piece extends Place {
  /** Undefined where the chain isn't there. */
  found: Rule[] | undefined;
  /** Those that are right are the found ones, but for their marks. */
  wanted: Rule[];
  /** Is nothing wrong but marks? */
  same: boolean;
  put(): void;
}

/** Where the rules of a service are. */
export interface Names {
  nat: TableName;
  filter: TableName;
  prefix: string;
  inside: string;
  outside: string;
  masquerade: string;
}

export function namesOf({ chain, name, family }: Pick<ServiceSpec, "chain" | "name" | "family">): Names {
  const prefix = prefixOf(chain);
  const inside = serviceChainName(prefix, name);
  return {
    nat: tableOf(family, "nat"),
    filter: tableOf(family, "filter"),
    prefix,
    inside,
    outside: outsideChainName(inside),
    masquerade: masqueradeChainName(chain),
  };
}

const isSame = (a: Rule, b: Rule) => sameRule(a, b) && sameNote(a, b);

/** The rule with a mark, and the rule itself where it has it. */
export const marked = (rule: Rule, mark: string): Rule => (noteOf(rule)?.mark === mark ? rule : remarked(rule, mark));
const markedAs = (found: Rule, wanted: Rule) => marked(found, noteOf(wanted)?.mark ?? "");

/** Lays out one service: what has to be there of it, piece by piece. */
export class ServiceLayout {
  readonly names: Names;

  constructor(
    private readonly draft: Draft,
    private readonly spec: ServiceSpec,
    private readonly by: Pick<Acting, "memory" | "adopt">,
  ) {
    this.names = namesOf(spec);
  }

  get hasOutside(): boolean {
    return hasOutsideFrontend(this.spec);
  }

  endpointChain({ name }: Pick<EndpointSpec, "name">): string {
    return endpointChainName(this.names.prefix, name);
  }

  private comment(place: Place, note: Omit<RuleNote, "origin">): string {
    const origin = this.draft.origin(place, this.by.memory);
    return commentOf({ ...note, ...(origin && { origin }) });
  }

  /**
   * What leads to the service, in the NatChain's chain. In whatever order; what is right stays
   * where it is.
   */
  dispatch(): Piece {
    const { nat, inside } = this.names;
    const { chain, mark } = this.spec;
    const place: Place = { table: nat, chain };
    const all = this.draft.group("dispatch", nat, chain, inside);
    // Rules that nobody marked are left as they are, unless they are to be taken over.
    const found = all.filter((rule) => this.by.adopt || noteOf(rule));
    const others = all.filter((rule) => !found.includes(rule));
    const rules = dispatchRules(this.spec, inside, (note) => this.comment(place, { mark, ...note }));
    const pairs = new Map<Rule, Rule>();
    const wanted = rules.map((rule) => {
      const old = found.find((each) => !pairs.has(each) && isSame(each, rule));
      if (old) pairs.set(old, markedAs(old, rule));
      return old ? pairs.get(old)! : rule;
    });
    const same = pairs.size === found.length && rules.length === found.length;
    const stays = (rule: Rule) => pairs.get(rule) ?? (others.includes(rule) ? rule : undefined);
    const put = () => this.draft.setGroup("dispatch", place, inside, [...others, ...wanted], stays);
    return { ...place, found, wanted, same, put: same && isUntouched(found, wanted) ? nothing : put };
  }

  /** The chains by which the service chooses an endpoint. */
  choice(): Piece[] {
    const { inside, outside } = this.names;
    const { internalTrafficPolicy, externalTrafficPolicy } = this.spec;
    const pieces = [this.choiceIn(inside, internalTrafficPolicy)];
    return this.hasOutside ? [...pieces, this.choiceIn(outside, externalTrafficPolicy)] : pieces;
  }

  private choiceIn(chain: string, policy: TrafficPolicy): Piece {
    const place: Place = { table: this.names.nat, chain };
    const found = this.draft.rules(place.table, chain);
    const jumps = new Map(jumpsIn(found).map((jump) => [jump.endpointChain, jump]));
    const entries = this.spec.endpoints.map((endpoint) => {
      const endpointChain = this.endpointChain(endpoint);
      const fresh = { endpointChain, endpoint, comment: this.endpointComment(endpoint) };
      return { ...fresh, ...keptJump(jumps.get(endpointChain), endpoint) };
    });
    return this.whole(place, found, choosingRules(entries, policy, this.spec));
  }

  private endpointComment(endpoint: EndpointSpec): string {
    const place: Place = { table: this.names.nat, chain: this.endpointChain(endpoint) };
    return this.comment(place, { mark: endpoint.mark, says: saysOf(endpoint) });
  }

  /** An endpoint's own chain. Where nothing says its address it stays as it is. */
  endpoint(endpoint: EndpointSpec): Piece {
    const place: Place = { table: this.names.nat, chain: this.endpointChain(endpoint) };
    const found = this.draft.rules(place.table, place.chain);
    if (endpoint.address === "") return { ...place, found, wanted: found ?? [], same: true, put: nothing };
    const key = this.keyOf(endpoint);
    if (found && verified.get(found) === key) return { ...place, found, wanted: found, same: true, put: nothing };
    const { address } = endpoint;
    const rules = endpointRules({ address, chain: place.chain }, this.spec, this.endpointComment(endpoint));
    const piece = this.whole(place, found, rules);
    if (piece.put === nothing) verified.set(found!, key);
    return piece;
  }

  private keyOf({ name, address, mark, ...conditions }: EndpointSpec): string {
    this.ports ??= JSON.stringify([this.spec.ports, this.spec.affinitySeconds]);
    return `${name} ${address} ${mark} ${JSON.stringify(conditions)} ${this.ports}`;
  }
  private ports?: string;

  private whole(place: Place, found: Rule[] | undefined, rules: Rule[]): Piece {
    const isRight = (rule: Rule, at: number) => found?.[at] !== undefined && isSame(found[at], rule);
    const wanted = rules.map((rule, at) => (isRight(rule, at) ? markedAs(found![at]!, rule) : rule));
    const same = found?.length === rules.length && rules.every(isRight);
    const put = () => this.draft.set(place, wanted);
    return { ...place, found, wanted, same, put: same && isUntouched(found, wanted) ? nothing : put };
  }

  /** What must be masqueraded of the traffic to an endpoint. */
  masquerade(endpoint: EndpointSpec): Piece {
    const { nat, masquerade } = this.names;
    const place: Place = { table: nat, chain: masquerade };
    const chain = this.endpointChain(endpoint);
    const comment = this.comment(place, { mark: endpoint.mark, says: { for: chain } });
    const { address } = endpoint;
    const hairpin = address !== "" && !isMasqueraded(address, this.draft.rules(nat, "POSTROUTING") ?? []);
    const rules = address === "" ? undefined : masqueradeRules(endpoint, this.spec, hairpin, comment);
    return this.group("masquerade", place, chain, rules);
  }

  /** What becomes of packets that no endpoint got. */
  gate(): Piece {
    const { filter, inside } = this.names;
    const place: Place = { table: filter, chain: this.spec.chain };
    const comment = this.comment(place, { mark: this.spec.mark, says: { for: inside } });
    return this.group("gate", place, inside, gateRules(this.spec, comment));
  }

  private group(kind: Kind, place: Place, key: string, rules: Rule[] | undefined): Piece {
    const found = this.draft.group(kind, place.table, place.chain, key);
    if (!rules) return { ...place, found, wanted: found, same: true, put: nothing };
    return groupPiece(this.draft, kind, place, key, found, rules);
  }
}

/** A group of a shared chain. Where it is wrong it is put there anew. */
export function groupPiece(draft: Draft, kind: Kind, place: Place, key: string, found: Rule[], rules: Rule[]): Piece {
  const same = found.length === rules.length && found.every((rule, at) => isSame(rule, rules[at]!));
  const wanted = rules.map((rule) => {
    const old = found.find((each) => isSame(each, rule));
    return old ? markedAs(old, rule) : rule;
  });
  const stays = (rule: Rule) => (same ? wanted[found.indexOf(rule)] : undefined);
  const put = () => draft.setGroup(kind, place, key, wanted, stays);
  return { ...place, found, wanted, same, put: same && isUntouched(found, wanted) ? nothing : put };
}

const nothing = () => {};

const isUntouched = (found: Rule[] | undefined, wanted: Rule[]) =>
  found?.length === wanted.length && new Set([...found, ...wanted]).size === found.length;

// Lists of rules are never changed: what was found right once is right, for the same endpoint
const verified = new WeakMap<Rule[], string>();

/** The rules that lead to an endpoint, where they say of it what they must. */
function keptJump(jump: Jump | undefined, endpoint: EndpointSpec): Partial<Jump> {
  const said = jump?.rule ?? jump?.returning;
  const note = said && noteOf(said);
  if (!jump || !note || !saysSo(note.says, endpoint)) return {};
  const { rule, returning } = jump;
  return {
    comment: commentOf({ ...note, mark: endpoint.mark }),
    ...(rule && { rule: marked(rule, endpoint.mark) }),
    ...(returning && { returning: marked(returning, endpoint.mark) }),
  };
}
