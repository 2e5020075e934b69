import {
  type Chain,
  type Firewall,
  isBuiltIn,
  isEmptyTable,
  isIdle,
  type Rule,
  type Table,
  type TableName,
} from "../../kernel/iptables/ruleset.js";
import type { Memory } from "../../kernel/service-change.js";
import { isMarked, noteOf, type RuleNote } from "../../ownership/comment.js";
import { chainKey, originOf, type Place, placeOf } from "../../ownership/origin.js";
import { groupsFor, groupsInto, purposeOf, targetOf } from "./groups.js";
import { jumpsIn } from "./read.js";

/** How the rules of a shared chain are grouped, and where new ones go. */
const GROUPS = {
  /** A service's dispatch rules: last. */
  dispatch: { groupsOf: groupsInto, keyOf: targetOf },
  /** What is refused for a service: before what drops the rest of a range. */
  gate: { groupsOf: groupsFor, keyOf: purposeOf },
  /**
   * What is masqueraded for an endpoint: last of what is somebody's, since iptables-restore appends
   * without a look at the list.
   */
  masquerade: { groupsOf: groupsFor, keyOf: purposeOf },
  /** What drops the rest of a range: last. */
  range: { groupsOf: groupsFor, keyOf: purposeOf },
} as const;

export type Kind = keyof typeof GROUPS;

interface Shared {
  rules: Rule[];
  groups: Map<string, Rule[]>;
  /** Is a rule in it that nobody marked? */
  hasOthers: boolean;
}

/**
 * A firewall that is being changed. The one given stays as it is: what is touched is copied, each
 * table and shared chain once.
 */
export class Draft {
  private firewall: Firewall;
  private readonly own = new Set<string>();
  private readonly shared = new Map<string, Shared>();
  /** By table and endpoint chain, once somebody has asked. */
  private readonly leads = new Map<TableName, Map<string, Set<string>>>();
  private readonly newTables = new Map<string, boolean>();
  /** Rules that went, which may have brought a table or a built-in chain into being. */
  private gone: (Place & { rule: Rule })[] = [];

  constructor(private readonly before: Firewall) {
    this.firewall = before;
  }

  table(name: TableName): Table | undefined {
    return this.firewall.get(name);
  }

  /** The rules of a chain; undefined where there is none. */
  rules(table: TableName, chain: string): Rule[] | undefined {
    return this.shared.get(chainKey({ table, chain }))?.rules ?? this.firewall.get(table)?.get(chain)?.rules;
  }

  group(kind: Kind, table: TableName, chain: string, key: string): Rule[] {
    const shared = this.shared.get(chainKey({ table, chain }));
    const groups = shared?.groups ?? GROUPS[kind].groupsOf(this.rules(table, chain) ?? []);
    return groups.get(key) ?? [];
  }

  /**
   * Puts rules in the place of a group. Those at the same place of `found` stay where they are, as
   * long as none of them moves.
   */
  setGroup(kind: Kind, place: Place, key: string, after: Rule[], stays: (rule: Rule) => Rule | undefined): void {
    if (after.length === 0 && this.group(kind, place.table, place.chain, key).length === 0) return;
    const shared = this.sharedAt(kind, place);
    const found = shared.groups.get(key) ?? [];
    const kept = new Map(found.flatMap((rule) => (stays(rule) ? [[rule, stays(rule)!] as const] : [])));
    const staying = new Set(kept.values());
    const added = after.filter((rule) => !staying.has(rule));
    const old = new Set(found);
    if (found.length > 0)
      shared.rules = shared.rules.flatMap((rule) => (old.has(rule) ? (kept.get(rule) ?? []) : [rule]));
    this.insert(kind, shared, added);
    if (after.length > 0) shared.groups.set(key, after);
    else shared.groups.delete(key);
    this.noteGone(place, found);
  }

  private insert(kind: Kind, shared: Shared, rules: Rule[]): void {
    if (kind === "gate") shared.rules.unshift(...rules);
    else {
      const others = kind === "masquerade" && shared.hasOthers ? shared.rules.findIndex((rule) => !noteOf(rule)) : -1;
      shared.rules.splice(others < 0 ? shared.rules.length : others, 0, ...rules);
    }
  }

  private sharedAt(kind: Kind, place: Place): Shared {
    const { table, chain } = place;
    const key = chainKey(place);
    const known = this.shared.get(key);
    if (known) return known;
    const rules = this.rules(table, chain) ?? [];
    const groups = new Map(GROUPS[kind].groupsOf(rules));
    const shared = { rules: [...rules], groups, hasOthers: !rules.every(isMarked) };
    this.shared.set(key, shared);
    return shared;
  }

  /** The whole content of a chain, which is made where it is not there. */
  set(place: Place, rules: Rule[]): void {
    const { table, chain } = place;
    const found = this.rules(table, chain);
    this.shared.delete(chainKey(place));
    this.noteGone(place, found ?? []);
    this.noteLeads(place, found ?? [], rules);
    const before: Chain =
      this.firewall.get(table)?.get(chain) ?? (isBuiltIn(chain) ? { policy: "ACCEPT", rules } : { rules });
    this.ownTable(table).set(chain, { ...before, rules });
  }

  drop(place: Place): void {
    const { table, chain } = place;
    const found = this.rules(table, chain);
    if (!found) return;
    this.shared.delete(chainKey(place));
    this.noteGone(place, found);
    this.noteLeads(place, found, []);
    this.ownTable(table).delete(chain);
  }

  /** The service chains that lead to an endpoint chain by a rule of ours. */
  leadingTo(table: TableName, endpointChain: string): ReadonlySet<string> {
    let leads = this.leads.get(table);
    if (!leads) {
      leads = new Map();
      this.leads.set(table, leads);
      for (const chain of this.firewall.get(table)?.keys() ?? [])
        this.noteLeads({ table, chain }, [], this.rules(table, chain) ?? []);
    }
    return leads.get(endpointChain) ?? new Set();
  }

  private noteLeads({ table, chain }: Place, before: Rule[], after: Rule[]): void {
    const leads = this.leads.get(table);
    if (!leads || !chain.includes("-SVC-")) return;
    for (const { endpointChain } of jumpsIn(before)) leads.get(endpointChain)?.delete(chain);
    for (const { endpointChain } of jumpsIn(after))
      leads.set(endpointChain, (leads.get(endpointChain) ?? new Set()).add(chain));
  }

  private noteGone(place: Place, rules: Rule[]): void {
    for (const rule of rules) if (noteOf(rule)?.origin) this.gone.push({ ...place, rule });
  }

  private ownTable(name: TableName): Table {
    const found = this.firewall.get(name);
    if (found && this.own.has(name)) return found;
    // What was there is asked before anything is put there.
    this.isNewTable(name);
    if (this.firewall === this.before) this.firewall = new Map(this.before);
    const table = new Map(found);
    this.firewall.set(name, table);
    this.own.add(name);
    return table;
  }

  /** What a rule at a place has to remember. */
  origin(place: Place, memory: Memory | undefined): RuleNote["origin"] {
    if (this.isNewTable(place.table) || memory?.newTables.includes(place.table)) return "new-table";
    return isBuiltIn(place.chain)
      ? originOf(place, { firewall: this.current(place.table) }, { previous: memory && { ...memory } })
      : undefined;
  }

  private isNewTable(table: TableName): boolean {
    const known = this.newTables.get(table);
    if (known !== undefined) return known;
    const isNew = originOf({ table, chain: "" }, { firewall: this.before }, {}) === "new-table";
    this.newTables.set(table, isNew);
    return isNew;
  }

  /** The table as it is, without a look at what it remembers of itself. */
  private current(table: TableName): Firewall {
    const found = this.firewall.get(table);
    return new Map(found ? [[table, new Map([...found].filter(([chain]) => isBuiltIn(chain)))]] : []);
  }

  /**
   * Says that a table was not there before: all that is in it was made by hand for what comes to be
   * ours.
   */
  takeTable(table: TableName): void {
    this.newTables.set(table, true);
  }

  /**
   * Takes away what came with rules that are gone, and, of a removal, with those that the state
   * file knows of.
   */
  settle(memory: Memory | undefined): void {
    const gone = this.gone.splice(0);
    const noted = (memory?.newChains ?? []).map(placeOf);
    // With a new table came its chains, and others of ours may keep the table.
    const inNew = (memory?.newTables ?? []).flatMap((table) =>
      [...(this.firewall.get(table)?.keys() ?? [])].map((chain) => ({ table, chain })),
    );
    const places = [...gone, ...inNew].filter(({ chain }) => isBuiltIn(chain));
    for (const place of [...places, ...noted]) this.dropIdle(place);
    const tables = gone.flatMap(({ rule, table }) => (noteOf(rule)?.origin === "new-table" ? [table] : []));
    for (const table of new Set([...tables, ...(memory?.newTables ?? [])])) this.dropEmpty(table);
  }

  private dropIdle({ table, chain }: Place): void {
    const found = this.firewall.get(table)?.get(chain);
    if (!found || !isIdle({ ...found, rules: this.rules(table, chain) ?? [] })) return;
    this.shared.delete(chainKey({ table, chain }));
    this.ownTable(table).delete(chain);
  }

  private dropEmpty(name: TableName): void {
    const table = this.firewall.get(name);
    if (!table || !isEmptyTable(table)) return;
    if (this.firewall === this.before) this.firewall = new Map(this.before);
    this.firewall.delete(name);
    this.own.delete(name);
    this.newTables.set(name, true);
  }

  /** The firewall as it has become. */
  finish(): Firewall {
    for (const [key, { rules }] of [...this.shared]) {
      const place = placeOf(key);
      this.shared.delete(key);
      const table = this.ownTable(place.table);
      table.set(place.chain, { ...table.get(place.chain), rules });
    }
    return this.firewall;
  }
}
