import { applyNat } from "../services/nftables/apply-nat.js";
import { familyOf } from "./family.js";
import { applyFirewall } from "./iptables/apply-firewall.js";
import { type IpStep, isFirewall, type Step } from "./plan.js";
import type { Link, NamespaceView, NetView, Snapshot } from "./snapshot.js";
import { arePair, tie } from "./veth-ends.js";

/**
 * What a host looks like after a step: changes `snapshot` in place. A group of operations is planned one after the other on such a
 * model, so that each sees what the ones before it will have done; the tests' fake host is nothing but this.
 */
export function applyStep(snapshot: Snapshot, step: Step): void {
  if (isFirewall(step)) snapshot.firewall = applyFirewall(snapshot.firewall, [step]);
  // What iptables can't show is not in the model.
  else if (step.do === "listedRule") return;
  else if (step.do === "nat") applyNat(snapshot, step);
  else if (step.do === "ip") applyIp(snapshot, step);
  else if (step.do === "sysctl") sysctlsOf(snapshot, step.namespace).set(step.key, step.value);
  else if (step.content === null) snapshot.resolvConfs.delete(step.namespace);
  else snapshot.resolvConfs.set(step.namespace, step.content);
}

/** The same for many steps: those of the firewall that stand together are one change. */
export function applySteps(snapshot: Snapshot, steps: Step[]): void {
  for (let at = 0; at < steps.length; at++) {
    const first = at;
    while (at < steps.length && isFirewall(steps[at]!)) at++;
    snapshot.firewall = applyFirewall(snapshot.firewall, steps.slice(first, at).filter(isFirewall));
    if (at < steps.length) applyStep(snapshot, steps[at]!);
  }
}

function applyIp(snapshot: Snapshot, { namespace, args }: IpStep): void {
  const view = namespace === undefined ? snapshot : namespaceOf(snapshot, namespace);
  const [object, verb, ...rest] = args;
  const handler = HANDLERS[`${object} ${verb}`];
  if (!handler) throw new Error(`no model of: ip ${args.join(" ")}`);
  handler(view, rest, snapshot);
}

const HANDLERS: Record<string, (view: NetView, args: string[], snapshot: Snapshot) => void> = {
  "netns add": (_view, [name = ""], snapshot) => {
    const lo = { ...newLink("lo", ""), macAddress: "00:00:00:00:00:00", mtu: 65536 };
    snapshot.namespaces.set(name, { links: new Map([["lo", lo]]), routes: [], sysctls: new Map() });
  },
  "netns del": (_view, [name = ""], snapshot) => {
    const gone = namespaceOf(snapshot, name);
    for (const link of [...gone.links.values()]) removeLink(gone, link, snapshot);
    snapshot.namespaces.delete(name);
  },
  // After the word `name`: a link may be called `type`, and ip takes a first word like `br` for one of its own.
  "link add": (view, [, name = "", ...args], snapshot) => {
    const typeAt = args.indexOf("type");
    const link = newLink(name, args[typeAt + 1] ?? "");
    setLink(link, args.slice(0, typeAt));
    const options = args.slice(typeAt + 2);
    if (link.kind === "veth" && options[0] === "peer") {
      const peer = newLink(options[2] ?? "", "veth");
      const netnsAt = options.indexOf("netns", 3);
      setLink(peer, netnsAt < 0 ? options.slice(3) : options.slice(3, netnsAt));
      const there = netnsAt < 0 ? view : namespaceOf(snapshot, options[netnsAt + 1] ?? "");
      tie(link, peer, there === view);
      there.links.set(peer.name, peer);
    } else setBridge(link, options);
    view.links.set(link.name, link);
  },
  "link del": (view, args, snapshot) => removeLink(view, linkOf(view, args), snapshot),
  "link set": (view, args) => {
    const link = linkOf(view, args);
    const typeAt = args.indexOf("type", 2);
    setLink(link, args.slice(2, typeAt < 0 ? undefined : typeAt));
    if (typeAt >= 0) setBridge(link, args.slice(typeAt + 2));
    if (args.includes("down", 2)) forgetDown(view, link);
  },
  "addr add": (view, args) => {
    linkOf(view, args.slice(args.indexOf("dev"))).addresses.push(args[0] ?? "");
  },
  "addr replace": (view, args) => {
    const link = linkOf(view, args.slice(args.indexOf("dev")));
    link.addresses = [...new Set([...link.addresses, args[0] ?? ""])];
  },
  "addr del": (view, args) => {
    const link = linkOf(view, args.slice(args.indexOf("dev")));
    link.addresses = link.addresses.filter((address) => address !== args[0]);
  },
  "route replace": (view, args) => {
    view.routes = view.routes.filter((route) => route.to !== destinationOf(args).to);
    HANDLERS["route add"]?.(view, args, { ...view } as Snapshot);
  },
  "route add": (view, args) => {
    const after = (word: string) => (args.includes(word) ? args[args.indexOf(word) + 1] : undefined);
    const [via, dev, protocol = "boot"] = [after("via"), after("dev"), after("proto")];
    view.routes.push({ ...destinationOf(args), via, dev, protocol });
  },
  "route del": (view, args) => {
    view.routes = view.routes.filter((route) => route.to !== destinationOf(args).to);
  },
};

/** Of the words of `ip route`, from the third on: a route's type stands before where it leads, unless it is the usual one. */
export const destinationOf = ([first = "", second = ""]: string[]) =>
  first === "local" ? { type: first, to: second } : { type: "unicast", to: first };

/** The words of `ip link set` (and of `ip link add` before `type`) that this product uses. */
function setLink(link: Link, words: string[]): void {
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "up" || word === "down") link.up = word === "up";
    else if (word === "nomaster") link.master = undefined;
    else {
      const value = words[++at] ?? "";
      if (word === "address") link.macAddress = value;
      else if (word === "mtu") link.mtu = Number(value);
      else if (word === "alias") link.alias = value;
      else if (word === "master") {
        link.master = value;
        link.hairpin = false;
      } else if (word === "promisc") link.promiscuous = value === "on";
      else throw new Error(`no model of: ip link set ${words.join(" ")}`);
    }
  }
}

/** The kernel takes the routes over a link that is set down, and its IPv6 addresses (unless keep_addr_on_down is set). */
function forgetDown(view: NetView, link: Link): void {
  link.addresses = link.addresses.filter((address) => familyOf(address) === "ip");
  view.routes = view.routes.filter((route) => route.dev !== link.name);
}

function setBridge(link: Link, options: string[]): void {
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    if (options[at] === "stp_state") link.stp = value === "1";
    else if (options[at] === "vlan_filtering") link.vlanFiltering = value === "1";
    else if (options[at] === "hairpin") link.hairpin = value === "on";
    else throw new Error(`no model of the link option ${options[at]}`);
  }
}

function removeLink(view: NetView, link: Link, snapshot: Snapshot): void {
  for (const each of [snapshot, ...snapshot.namespaces.values()])
    for (const other of [...each.links.values()])
      if (arePair(link, other) && (each === view) === (link.peerName !== undefined)) dropLink(each, other);
  dropLink(view, link);
}

function dropLink(view: NetView, link: Link): void {
  view.links.delete(link.name);
  view.routes = view.routes.filter((route) => route.dev !== link.name);
  for (const port of view.links.values()) if (port.master === link.name) port.master = port.hairpin = undefined;
}

let lastIndex = 1_000_000;
function newLink(name: string, kind: string): Link {
  const bridge = kind === "bridge" ? { stp: false, vlanFiltering: false } : {};
  return {
    name,
    kind,
    index: ++lastIndex,
    up: false,
    promiscuous: false,
    mtu: 1500,
    macAddress: "",
    addresses: [],
    ...bridge,
  };
}

function linkOf(view: NetView, args: string[]): Link {
  const name = (args[0] === "dev" ? args[1] : args[0]) ?? "";
  const link = view.links.get(name);
  if (!link) throw new Error(`Cannot find device "${name}"`);
  return link;
}

/** A namespace that the snapshot doesn't hold (it was not in the scope) gets an empty view: nobody asks for it then. */
function namespaceOf(snapshot: Snapshot, name: string): NamespaceView {
  let view = snapshot.namespaces.get(name);
  if (!view) {
    view = { links: new Map(), routes: [], sysctls: new Map() };
    snapshot.namespaces.set(name, view);
  }
  return view;
}

function sysctlsOf(snapshot: Snapshot, namespace?: string): Map<string, string> {
  return namespace === undefined ? snapshot.sysctls : namespaceOf(snapshot, namespace).sysctls;
}
