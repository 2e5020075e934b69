import type { Scope } from "../model/snapshot.js";

/** All that any of the scopes names. */
export function union(scopes: Scope[]): Scope {
  return {
    links: [...new Set(scopes.flatMap((scope) => scope.links ?? []))],
    namespaces: [...new Set(scopes.flatMap((scope) => scope.namespaces ?? []))],
    routes: scopes.some((scope) => scope.routes),
    firewall: scopes.some((scope) => scope.firewall),
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
    sysctls: rest(a.sysctls, b.sysctls),
  };
}

export function isEmpty(scope: Scope): boolean {
  return (
    !scope.routes && !scope.firewall && [scope.links, scope.namespaces, scope.sysctls].every((list) => !list?.length)
  );
}
