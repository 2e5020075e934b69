import type { Link, NamespaceView, NetView, Snapshot } from "../snapshot.js";
import { arePair } from "../veth-ends.js";

/** The network namespace that a step is for: the host's own, or the named one. */
export const viewOf = (snapshot: Snapshot, namespace: string | undefined): NetView =>
  namespace === undefined ? snapshot : namespaceOf(snapshot, namespace);

/** A namespace that isn't in the snapshot was not in the scope: nobody asks what is in it. */
export function namespaceOf(snapshot: Snapshot, name: string): NamespaceView {
  let view = snapshot.namespaces.get(name);
  if (!view) {
    view = { links: new Map(), routes: [], sysctls: new Map() };
    snapshot.namespaces.set(name, view);
  }
  return view;
}

export function linkIn(view: NetView, name: string): Link {
  const link = view.links.get(name);
  if (!link) throw new Error(`Cannot find device "${name}"`);
  return link;
}

let lastIndex = 1_000_000;

/** A link as the kernel makes it when it is told a name and a kind. */
export function bareLink(name: string, kind: string): Link {
  return {
    name,
    kind,
    index: ++lastIndex,
    up: false,
    promiscuous: false,
    mtu: 1500,
    macAddress: "",
    addresses: [],
    options: {},
  };
}

/** Takes a link away, and the other end of its pair. */
export function dropLinkAndPeer(view: NetView, link: Link, snapshot: Snapshot): void {
  for (const each of [snapshot, ...snapshot.namespaces.values()])
    for (const other of [...each.links.values()])
      if (arePair(link, other) && (each === view) === (link.peerName !== undefined)) dropLink(each, other);
  dropLink(view, link);
}

function dropLink(view: NetView, link: Link): void {
  view.links.delete(link.name);
  view.routes = view.routes.filter((route) => route.dev !== link.name);
  for (const each of [...view.links.values()]) {
    if (each.master === link.name) each.master = each.portOf = each.port = undefined;
    if (each.parent === link.name) dropLink(view, each);
  }
}
