import { withPort } from "../kernel/family.js";
import type { ServiceArgs } from "./service-args.js";

/**
 * What a client of the first port types: `https` where port or name say so, `http` for all other
 * TCP; else the protocol ("udp://").
 */
function urlOf({ address, ports }: ServiceArgs): string {
  const { protocol, port, name } = ports[0]!;
  const scheme = protocol !== "tcp" ? protocol : port === 443 || name === "https" ? "https" : "http";
  return `${scheme}://${withPort(address, port)}`;
}

/** `hostPort`: "10.100.100.100:8080"; `url`: see urlOf. */
export const serviceOutputs = (service: ServiceArgs) => ({
  hostPort: withPort(service.address, service.ports[0]!.port),
  url: urlOf(service),
});
