import type { Protocol } from "../../kernel/service-spec.js";

/**
 * How a connection to one (address, protocol, port) is to be answered. All services with the same
 * answer share its chains.
 */
export interface Dispatch {
  protocol: Protocol;
  /** "node": at any address of the host. */
  frontend: "vip" | "node";
  /** None: it is refused. */
  slots: number;
  /** Session affinity: where it is remembered, and which port of the endpoint is meant. */
  sticky?: { memory: ClientMemory; targetPort: number };
  /** Only from some source addresses. */
  limited: boolean;
}

/**
 * Where clients are remembered: in the map of all under a protocol and a port of the service, or
 * (`id`) in a map of its own.
 */
export type ClientMemory = { protocol: Protocol; port: number; id?: undefined } | { id: string };

const textOf = (memory: ClientMemory) => memory.id ?? `${memory.protocol}-${memory.port}`;

function memoryIn({ home, port, id }: Record<string, string | undefined>): ClientMemory {
  return id === undefined ? { protocol: home as Protocol, port: Number(port) } : { id };
}

const MEMORY = "((?<home>tcp|udp|sctp)-(?<port>\\d+)|(?<id>[0-9a-f]{12}))";

export const memoryMap = ({ id }: ClientMemory) => (id === undefined ? "affinity" : `affinity-${id}`);

/**
 * The chains that a connection goes through, first one first:
 * "tcp-vip-3-sticky-tcp-80-8080-limited", then the same without "limited", then "tcp-vip-3". A name
 * says all that its rules need.
 */
export function dispatchChains({ protocol, frontend, slots, sticky, limited }: Dispatch): string[] {
  const draw = `${protocol}-${frontend}-${slots}`;
  const chains = sticky ? [`${draw}-sticky-${textOf(sticky.memory)}-${sticky.targetPort}`, draw] : [draw];
  return limited ? [`${chains[0]}-limited`, ...chains] : chains;
}

const DISPATCH = new RegExp(
  `^(?<protocol>tcp|udp|sctp)-(?<frontend>vip|node)-(?<slots>\\d+)(-sticky-${MEMORY}-(?<targetPort>\\d+))?(?<limited>-limited)?$`,
);

export function parseDispatch(chain: string): Dispatch | undefined {
  const groups = DISPATCH.exec(chain)?.groups;
  if (!groups) return undefined;
  const { protocol, frontend, slots, targetPort, limited } = groups;
  return {
    protocol: protocol as Protocol,
    frontend: frontend as Dispatch["frontend"],
    slots: Number(slots),
    ...(targetPort && { sticky: { memory: memoryIn(groups), targetPort: Number(targetPort) } }),
    limited: limited !== undefined,
  };
}

/**
 * The chain that remembers for so many seconds where a client was sent: "remember-10800-tcp-80".
 */
export const rememberChain = (seconds: number, memory: ClientMemory): string => `remember-${seconds}-${textOf(memory)}`;

const REMEMBER = new RegExp(`^remember-(?<seconds>\\d+)-${MEMORY}$`);

export interface Remember {
  seconds: number;
  memory: ClientMemory;
}

export function parseRemember(chain: string): Remember | undefined {
  const groups = REMEMBER.exec(chain)?.groups;
  return groups && { seconds: Number(groups.seconds), memory: memoryIn(groups) };
}
