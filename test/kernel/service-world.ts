import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Background } from "../../sandbox/command.js";
import { output } from "../support/host.js";
import { type SocketProtocol, serveOn } from "../support/sockets.js";
import type { Stack } from "./stack.js";

/** One way to lay services out, and one family: every test of a service's meaning runs on each. */
export interface Kind {
  backend: "iptables" | "nftables";
  family: "ip" | "ip6";
  /**
   * How services are declared: by a resource for each part (default), with the endpoints that they
   * carry, or in bulk by their chain.
   */
  form?: "resources" | "carried" | "bulk";
}

export const KINDS: readonly Kind[] = [
  { backend: "iptables", family: "ip" },
  { backend: "nftables", family: "ip" },
  { backend: "iptables", family: "ip6" },
  { backend: "nftables", family: "ip6" },
];

/** The same for what has to be the same however it is declared. */
export const FORMS: readonly Kind[] = KINDS.flatMap((kind) =>
  (["resources", "carried", "bulk"] as const).map((form) => ({ ...kind, form })),
);

/** The networks of the world, by what they are. */
const NETS = { pods: 40, out: 41, far: 42, other: 43, external: 48, vips: 49 };
type Net = keyof typeof NETS;

/** A host with pods on a bridge, and a NatChain: addresses by number, in the family of the kind. */
export class ServiceWorld {
  private readonly servers: Background[] = [];
  private chain: Inputs = {};
  /** Services that carry their endpoints: name → arguments, and number of a pod → arguments. */
  private readonly carrying = new Map<string, { args: Inputs; endpoints: Map<number, Inputs> }>();

  constructor(
    readonly stack: Stack,
    readonly kind: Kind,
  ) {}

  /** Of pod n. */
  pod = (n: number) => this.address("pods", 10 + n);
  vip = (n: number) => this.address("vips", n);
  external = (n: number) => this.address("external", n);
  netns = (n: number) => `svc_p${n}`;

  address(net: Net, last: number): string {
    return this.isIp6 ? `fd00:${NETS[net]}::${last}` : `10.${NETS[net]}.0.${last}`;
  }

  network = (net: Net) => (this.isIp6 ? `fd00:${NETS[net]}::/64` : `10.${NETS[net]}.0.0/24`);
  private get isIp6(): boolean {
    return this.kind.family === "ip6";
  }
  private get prefix(): number {
    return this.isIp6 ? 64 : 24;
  }
  cidr = (net: Net, last: number) => `${this.address(net, last)}/${this.prefix}`;

  /**
   * The bridge doesn't masquerade, so a server sees the client's address as the service leaves it.
   */
  async make(pods: number, chain: Inputs = {}): Promise<void> {
    await this.stack.make("bridge", "bridge", {
      name: "svc_br",
      addresses: [this.cidr("pods", 1)],
      forward: true,
    });
    for (let n = 1; n <= pods; n++)
      await this.makePod(this.netns(n), "svc_br", "pods", 10 + n, { gateway: this.address("pods", 1) });
    this.chain = { name: "WORLD-SERVICES", backend: this.kind.backend, ...chain };
    await this.stack.make("natChain", "chain", this.chain);
  }

  private async makePod(netns: string, bridge: string, net: Net, last: number, routes: Inputs): Promise<void> {
    await this.stack.make("netNamespace", netns, { name: netns });
    await this.stack.make("vethPair", `veth ${netns}`, {
      name: `${netns}_v`,
      bridge,
      peer: { name: "eth0", namespace: netns, addresses: [this.cidr(net, last)], ...routes },
    });
  }

  /**
   * An outside network: a client in namespace svc_NET at .2, the host at .1. All goes by the host.
   */
  async makeOutside(net: "out" | "other"): Promise<string> {
    const netns = `svc_${net}`;
    await this.stack.make("netNamespace", netns, { name: netns });
    const peer = { name: "eth0", namespace: netns, addresses: [this.cidr(net, 2)], gateway: this.address(net, 1) };
    await this.stack.make("vethPair", `veth ${netns}`, { name: `${netns}_v`, addresses: [this.cidr(net, 1)], peer });
    return netns;
  }

  /**
   * A stand-in for another node: a pod behind a bridge of its own, with a route to the pods here
   * and none to the outside.
   */
  async makeFar(): Promise<string> {
    await this.stack.make("bridge", "far", { name: "svc_br_far", addresses: [this.cidr("far", 1)] });
    await this.makePod("svc_far", "svc_br_far", "far", 11, {
      routes: [{ to: this.network("pods"), via: this.address("far", 1) }],
    });
    return "svc_far";
  }

  async service(name: string, args: Inputs): Promise<void> {
    if (this.kind.form === "carried" || this.kind.form === "bulk")
      this.carrying.set(name, { args, endpoints: new Map() });
    if (this.kind.form === "bulk") return await this.changeServices();
    await this.stack.make("serviceVip", name, this.serviceArgs(name, args));
  }

  async changeService(name: string, args: Inputs): Promise<void> {
    const carrying = this.carrying.get(name);
    if (carrying) carrying.args = args;
    if (this.kind.form === "bulk") return await this.changeServices();
    await this.stack.update(name, this.serviceArgs(name, args));
  }

  private async changeServices(): Promise<void> {
    const services = [...this.carrying].map(([name, { args }]) => {
      const { chain: _, ...rest } = this.serviceArgs(name, args);
      return rest;
    });
    await this.stack.update("chain", { ...this.chain, services });
  }

  private serviceArgs(name: string, args: Inputs): Inputs {
    const carried = [...(this.carrying.get(name)?.endpoints ?? [])].map(([n, each]) =>
      this.endpointArgs(name, n, each),
    );
    const endpoints = this.carrying.has(name) && { endpoints: carried };
    return { chain: "WORLD-SERVICES", name, address: this.vip(1), ...args, ...endpoints };
  }

  /** Pod n as an endpoint. */
  async endpoint(service: string, n: number, args: Inputs = {}): Promise<void> {
    if (this.carrying.has(service)) return await this.carry(service, (endpoints) => endpoints.set(n, args));
    await this.stack.make("endpoint", `${service}${n}`, this.ownArgs(service, n, args));
  }

  async change(service: string, n: number, args: Inputs): Promise<void> {
    if (this.carrying.has(service)) return await this.carry(service, (endpoints) => endpoints.set(n, args));
    await this.stack.update(`${service}${n}`, this.ownArgs(service, n, args));
  }

  async removeEndpoint(service: string, n: number): Promise<void> {
    if (this.carrying.has(service)) return await this.carry(service, (endpoints) => endpoints.delete(n));
    await this.stack.remove(`${service}${n}`);
  }

  private async carry(service: string, edit: (endpoints: Map<number, Inputs>) => unknown): Promise<void> {
    const { args, endpoints } = this.carrying.get(service)!;
    edit(endpoints);
    await this.changeService(service, args);
  }

  private endpointArgs = (service: string, n: number, args: Inputs) => ({
    name: `${service}${n}`,
    address: this.pod(n),
    ...args,
  });
  private ownArgs = (service: string, n: number, args: Inputs) => ({
    service: `WORLD-SERVICES/${service}`,
    ...this.endpointArgs(service, n, args),
  });

  /** A server in pod n that answers with "p<n>". */
  serve(n: number, protocol: SocketProtocol, port: number, name = `p${n}`): Promise<void> {
    return this.serveIn(this.netns(n), protocol, port, name);
  }

  async serveIn(netns: string, protocol: SocketProtocol, port: number, name: string): Promise<void> {
    this.servers.push(await serveOn(netns, name, protocol, port));
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
    await this.stack.destroy();
    // What is left of flows would be another test's.
    await output(["conntrack", "-F"]);
  }
}

/** Runs a test in a world of its own, and takes all of it away. */
export async function inWorld(
  stack: Stack,
  kind: Kind,
  pods: number,
  body: (world: ServiceWorld) => Promise<void>,
  chain: Inputs = {},
): Promise<void> {
  const world = new ServiceWorld(stack, kind);
  try {
    await world.make(pods, chain);
    await body(world);
  } finally {
    await world.end();
  }
}
