import { familyOf } from "../family.js";
import type { LinkOptions, LinkSet, LinkSettings, NewLink } from "../plan.js";
import type { Link, NetView } from "../snapshot.js";
import { tie } from "../veth-ends.js";
import { type IpRows, ipRow } from "./ip-row.js";
import { bareLink, dropLinkAndPeer, linkIn, namespaceOf, viewOf } from "./view.js";

export const LINK_STEPS: IpRows<"netns.add" | "netns.delete" | "link.add" | "link.set" | "link.delete"> = {
  "netns.add": ipRow(
    ({ name }) => ["netns", "add", name],
    (snapshot, { name }) => {
      const lo = { ...bareLink("lo", ""), macAddress: "00:00:00:00:00:00", mtu: 65536 };
      snapshot.namespaces.set(name, { links: new Map([["lo", lo]]), routes: [], sysctls: new Map() });
    },
  ),
  "netns.delete": ipRow(
    ({ name }) => ["netns", "del", name],
    (snapshot, { name }) => {
      const deadNames = new Map(snapshot.deadNames);
      if (deadNames.delete(name)) snapshot.deadNames = deadNames;
      const gone = namespaceOf(snapshot, name);
      for (const link of [...gone.links.values()]) dropLinkAndPeer(gone, link, snapshot);
      snapshot.namespaces.delete(name);
    },
  ),
  "link.add": ipRow(
    // With the word `name`, since `ip` takes a first word like `br` for one of its own.
    ({ kind, parent, options = {}, peer, ...link }) => [
      ...[
        "link",
        "add",
        ...madeWith(link),
        ...(parent === undefined ? [] : ["link", parent]),
        "type",
        kind,
        ...wordsOf(options),
      ],
      ...(peer ? ["peer", ...madeWith(peer), ...(peer.namespace ? ["netns", peer.namespace] : [])] : []),
    ],
    (snapshot, { kind, parent, options = {}, peer, namespace, ...wish }) => {
      const view = viewOf(snapshot, namespace);
      const link = newLink(kind, wish);
      Object.assign(link, { options, parent });
      if (parent !== undefined) fitOn(link, linkIn(view, parent), wish);
      if (peer) {
        const there = peer.namespace === undefined ? view : namespaceOf(snapshot, peer.namespace);
        const other = newLink(kind, peer);
        tie(link, other, there === view);
        there.links.set(other.name, other);
      }
      view.links.set(link.name, link);
    },
  ),
  "link.set": ipRow(
    ({ name, set }) => ["link", "set", "dev", name, ...settingWords(set)],
    (snapshot, { namespace, ...step }) => change(viewOf(snapshot, namespace), step),
  ),
  "link.delete": ipRow(
    ({ name }) => ["link", "del", "dev", name],
    (snapshot, { namespace, name }) => {
      const view = viewOf(snapshot, namespace);
      dropLinkAndPeer(view, linkIn(view, name), snapshot);
    },
  ),
};

const wordsOf = (options: LinkOptions) => Object.entries(options).flat();

const madeWith = ({ name, macAddress, mtu }: NewLink) => [
  ...["name", name],
  ...(macAddress === undefined ? [] : ["address", macAddress]),
  ...(mtu === undefined ? [] : ["mtu", String(mtu)]),
];

/** `type` comes last: all behind it is the kind's. */
const settingWords = ({ name, alias, macAddress, mtu, promiscuous, master, up, type }: LinkSettings) => [
  ...(name === undefined ? [] : ["name", name]),
  ...(alias === undefined ? [] : ["alias", alias]),
  ...(macAddress === undefined ? [] : ["address", macAddress]),
  ...(mtu === undefined ? [] : ["mtu", String(mtu)]),
  ...(promiscuous === undefined ? [] : ["promisc", promiscuous ? "on" : "off"]),
  ...(master === undefined ? [] : master === null ? ["nomaster"] : ["master", master]),
  ...(up === undefined ? [] : [up ? "up" : "down"]),
  ...(type === undefined ? [] : ["type", type.kind, ...wordsOf(type.options)]),
];

const newLink = (kind: string, { name, macAddress = "", mtu = 1500 }: NewLink): Link => ({
  ...bareLink(name, kind),
  macAddress,
  mtu,
});

function change(view: NetView, { name, set }: Pick<LinkSet, "name" | "set">): void {
  const link = linkIn(view, name);
  const { type, master, ...plain } = set;
  if (set.name !== undefined) rename(view, link, set.name);
  Object.assign(link, plain);
  // A new port begins without the settings of one
  if (master !== undefined) {
    const portOf = master === null ? undefined : view.links.get(master)?.kind;
    Object.assign(link, { master: master ?? undefined, portOf, port: {} });
  }
  // In the kernel's words a port's settings are a kind of their own: "bridge_slave"
  if (type?.kind === link.kind) link.options = { ...link.options, ...type.options };
  else if (type) link.port = { ...link.port, ...type.options };
  if (set.up === false) forgetDown(view, link);
  for (const each of view.links.values()) if (each.parent === link.name) fitOn(each, link, each);
}

/** What the kernel makes of a link by the one below it: it takes no larger packets. */
function fitOn(link: Link, below: Link, { mtu = below.mtu }: Partial<Link>): void {
  link.mtu = Math.min(mtu, below.mtu);
  if (sharesMac(link)) link.macAddress = below.macAddress;
}

const sharesMac = ({ kind, options }: Link) => kind === "macvlan" && options.mode === "passthru";

/** All that names it goes by another name too. */
function rename(view: NetView, link: Link, name: string): void {
  const { name: former } = link;
  view.links.delete(former);
  for (const each of view.links.values()) {
    if (each.master === former) each.master = name;
    if (each.parent === former) each.parent = name;
    if (each.peerName === former) each.peerName = name;
  }
  view.routes = view.routes.map((route) => (route.dev === former ? { ...route, dev: name } : route));
  view.links.set(name, link);
}

/**
 * The kernel takes the routes over a link that is set down, and its IPv6 addresses (unless
 * keep_addr_on_down is set).
 */
function forgetDown(view: NetView, link: Link): void {
  link.addresses = link.addresses.filter((address) => familyOf(address) === "ip");
  view.routes = view.routes.filter((route) => route.dev !== link.name);
}
