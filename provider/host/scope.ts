import type { Scope, Snapshot } from "../kernel/snapshot.js";
import { type AllUnread, isNamespace, namespaceKey } from "../kernel/unreadable.js";

/** All that any of the scopes names. */
export function union(scopes: Scope[]): Scope {
  return {
    links: [...new Set(scopes.flatMap((scope) => scope.links ?? []))],
    renamed: scopes.some((scope) => scope.renamed),
    around: scopes.some((scope) => scope.around),
    namespaces: [...new Set(scopes.flatMap((scope) => scope.namespaces ?? []))],
    routes: scopes.some((scope) => scope.routes),
    firewall: scopes.some((scope) => scope.firewall),
    ip6: scopes.some((scope) => scope.ip6),
    pieces: scopes.some((scope) => scope.pieces),
    sysctls: [...new Set(scopes.flatMap((scope) => scope.sysctls ?? []))],
    namespaceSysctls: Object.assign({}, ...scopes.map((scope) => scope.namespaceSysctls)) as Record<string, string[]>,
  };
}

/** What both name. */
export function overlap(a: Scope, b: Scope): Scope {
  const both = (left: string[] = [], right: string[] = []) => left.filter((each) => right.includes(each));
  return {
    links: both(a.links, b.links),
    namespaces: both(a.namespaces, b.namespaces),
    routes: a.routes && b.routes,
    firewall: a.firewall && b.firewall,
    ip6: a.ip6 || b.ip6,
    pieces: a.pieces || b.pieces,
    sysctls: both(a.sysctls, b.sysctls),
  };
}

/** What `a` names and `b` doesn't. */
export function without(a: Scope, b: Scope): Scope {
  const rest = (left: string[] = [], right: string[] = []) => left.filter((each) => !right.includes(each));
  return {
    links: rest(a.links, b.links),
    namespaces: rest(a.namespaces, b.namespaces),
    routes: a.routes && !b.routes,
    firewall: a.firewall && !b.firewall,
    ip6: a.ip6,
    pieces: a.pieces,
    sysctls: rest(a.sysctls, b.sysctls),
  };
}

export function isEmpty(scope: Scope): boolean {
  return (
    !scope.routes && !scope.firewall && [scope.links, scope.namespaces, scope.sysctls].every((list) => !list?.length)
  );
}

/** A snapshot with what `scope` names as it was read later. */
export function merge(snapshot: Snapshot, fresh: Snapshot, scope: Scope): Snapshot {
  const links = new Map(scope.around ? [] : snapshot.links);
  for (const name of scope.links ?? []) links.delete(name);
  const namespaces = new Map(snapshot.namespaces);
  const deadNames = new Map(snapshot.deadNames);
  for (const name of scope.namespaces ?? []) {
    namespaces.delete(name);
    deadNames.delete(name);
  }
  return {
    ...snapshot,
    links: new Map([...links, ...fresh.links]),
    namespaces: new Map([...namespaces, ...fresh.namespaces]),
    deadNames: new Map([...deadNames, ...(fresh.deadNames ?? [])]),
    resolvConfs: new Map([
      ...[...snapshot.resolvConfs].filter(([name]) => !scope.namespaces?.includes(name)),
      ...fresh.resolvConfs,
    ]),
    routes: scope.routes ? fresh.routes : snapshot.routes,
    firewall: scope.firewall ? fresh.firewall : snapshot.firewall,
    services: scope.firewall ? fresh.services : snapshot.services,
    otherVariants: scope.firewall ? fresh.otherVariants : snapshot.otherVariants,
    readOnly: fresh.readOnly ?? snapshot.readOnly,
    unread: mergeUnread(snapshot, fresh, scope),
    sysctls: new Map([...snapshot.sysctls, ...fresh.sysctls]),
  };
}

function mergeUnread({ unread = new Map() }: Snapshot, fresh: Snapshot, scope: Scope): AllUnread {
  const namespaces = (scope.namespaces ?? []).map(namespaceKey);
  const isFresh = (of: string) => (isNamespace(of) ? namespaces.includes(of) : scope.firewall === true);
  return new Map([...[...unread].filter(([of]) => !isFresh(of)), ...(fresh.unread ?? [])]);
}
