import type { Inputs } from "../../provider/inputs.js";
import type { Background } from "../../sandbox/command.js";
import { type SocketProtocol, serveOn } from "../support/sockets.js";
import type { Stack } from "./stack.js";

/** One way to lay services out, and one family: every test of a service's meaning runs on each. */
export interface Kind {
  backend: "iptables";
  family: "ip";
}

export const KINDS: readonly Kind[] = [{ backend: "iptables", family: "ip" }];

/** A host with pods on a bridge, and a NatChain: addresses by number, in the family of the kind. */
export class ServiceWorld {
  private readonly servers: Background[] = [];

  constructor(
    readonly stack: Stack,
    readonly kind: Kind,
  ) {}

  /** Of pod n. */
  pod = (n: number) => this.address(40, 10 + n);
  vip = (n: number) => this.address(49, n);
  netns = (n: number) => `svc_p${n}`;

  private address(net: number, last: number): string {
    return `10.${net}.0.${last}`;
  }

  private prefix = () => 24;

  /** The bridge masquerades nothing, so that what a server sees of its client is what the service leaves of it. */
  async make(pods: number): Promise<void> {
    const { stack } = this;
    const gateway = this.address(40, 1);
    await stack.make("bridge", "bridge", {
      name: "svc_br",
      addresses: [`${gateway}/${this.prefix()}`],
      forward: true,
    });
    for (let n = 1; n <= pods; n++) {
      await stack.make("netNamespace", `ns${n}`, { name: this.netns(n) });
      await stack.make("vethPair", `veth${n}`, {
        name: `svc_v${n}`,
        bridge: "svc_br",
        peer: { name: "eth0", namespace: this.netns(n), addresses: [`${this.pod(n)}/${this.prefix()}`], gateway },
      });
    }
    await stack.make("natChain", "chain", { name: "WORLD-SERVICES" });
  }

  service(name: string, args: Inputs): Promise<Inputs> {
    return this.stack.make("serviceVip", name, { chain: "WORLD-SERVICES", name, address: this.vip(1), ...args });
  }

  /** Pod n as an endpoint. */
  endpoint(service: string, n: number, args: Inputs = {}): Promise<Inputs> {
    return this.stack.make("endpoint", `${service}${n}`, this.endpointArgs(service, n, args));
  }

  async change(service: string, n: number, args: Inputs): Promise<void> {
    await this.stack.update(`${service}${n}`, this.endpointArgs(service, n, args));
  }

  private endpointArgs = (service: string, n: number, args: Inputs) => ({
    service: `WORLD-SERVICES/${service}`,
    name: `${service}${n}`,
    address: this.pod(n),
    ...args,
  });

  /** A server in pod n that answers with "p<n>". */
  async serve(n: number, protocol: SocketProtocol, port: number, name = `p${n}`): Promise<void> {
    this.servers.push(await serveOn(this.netns(n), name, protocol, port));
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
    await this.stack.destroy();
  }
}

/** Runs a test in a world of its own, and takes all of it away. */
export async function inWorld(
  stack: Stack,
  kind: Kind,
  pods: number,
  body: (world: ServiceWorld) => Promise<void>,
): Promise<void> {
  const world = new ServiceWorld(stack, kind);
  try {
    await world.make(pods);
    await body(world);
  } finally {
    await world.end();
  }
}
