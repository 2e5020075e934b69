import { withPort } from "../kernel/family.js";
import type { StaleFlows } from "../kernel/flows.js";
import type { ServiceState } from "../kernel/service-change.js";
import type { Protocol } from "../kernel/service-spec.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { eligible } from "./eligible.js";
import { policyOf, waysOf } from "./frontends.js";
import { allStates } from "./site.js";
import { type ChainState, specOf } from "./state.js";

/** A frontend as a flow sees it. */
interface FlowWay {
  protocol: Protocol;
  /** Where the client sends; of a node port "", any address. */
  address: string;
  port: number;
  /** "10.0.0.11:53": where its flows may be. The endpoints that serve, drained ones too. */
  endpoints: string[];
  /**
   * "PREROUTING DNS1": hook and endpoint's name, for each pair by which a new flow can come
   * through.
   */
  leading: string[];
}

/**
 * The flows to forget after the rules have changed, and no others. A service that has moved from
 * one backend to the other is where it was. What was sent to a service while nothing led to it went
 * out as it was, and conntrack holds on to that (two minutes for a TCP SYN): a new connection from
 * the same source port would take the same dead way.
 */
export function staleFlows(before: Firewalls, after: Firewalls): StaleFlows[] {
  const [was, is] = waysBetween(before, after);
  const endpointsAt = (way: FlowWay) => is.get(keyOf(way))?.endpoints ?? [];
  const leadingTo = (way: FlowWay) => was.get(keyOf(way))?.leading ?? [];
  const left = [...was.values()]
    .filter(({ protocol }) => protocol === "udp")
    .flatMap((way) =>
      way.endpoints
        .filter((each) => !endpointsAt(way).includes(each))
        .map((endpoint) => ({ ...flowsOf(way, before, after), endpoint })),
    );
  const awakened = [...is.values()].filter((way) => way.leading.some((each) => !leadingTo(way).includes(each)));
  return [...left, ...awakened.map((way) => flowsOf(way, before, after))];
}

type Ways = Map<string, FlowWay>;

/** The frontends that differ, as they were and as they are. */
function waysBetween(before: Firewalls, after: Firewalls): [was: Ways, is: Ways] {
  const [old, now] = [allStates(before), allStates(after)];
  const only = (these: typeof old, those: typeof old) =>
    byKey(
      these.flatMap(({ backend, state }) => {
        const other = those.find((each) => each.backend === backend && each.state.name === state.name)?.state;
        return waysOnlyIn(state, other);
      }),
    );
  return [only(old, now), only(now, old)];
}

function waysOnlyIn(state: ChainState, other: ChainState | undefined): FlowWay[] {
  const rehung = String(state.spec?.hooks) !== String(other?.spec?.hooks);
  return [...state.services]
    .filter(([key, held]) => rehung || other?.services.get(key) !== held)
    .flatMap(([, held]) => flowWays(held, state));
}

function flowWays(held: ServiceState, { name, spec: chain }: ChainState): FlowWay[] {
  const spec = specOf(name, held);
  if (!spec) return [];
  return waysOf(spec).map((way) => {
    const { address = "", protocol, dport, port } = way;
    return {
      protocol,
      address,
      port: dport,
      endpoints: spec.endpoints
        .filter(({ serving, address }) => serving && address !== "")
        .map((each) => withPort(each.address, port.targetPort)),
      leading: eligible(spec.endpoints, policyOf(way, spec))
        .filter((each) => each.address !== "")
        .flatMap((each) => (chain?.hooks ?? []).map((hook) => `${hook} ${each.name}`)),
    };
  });
}

function byKey(ways: FlowWay[]): Ways {
  const found: Ways = new Map();
  for (const way of ways) {
    const same = found.get(keyOf(way));
    const both = (of: "endpoints" | "leading") => [...(same?.[of] ?? []), ...way[of]];
    found.set(keyOf(way), { ...way, endpoints: both("endpoints"), leading: both("leading") });
  }
  return found;
}

const keyOf = ({ protocol, address, port }: FlowWay) => `${protocol} ${address} ${port}`;

/** The flows by one way, wherever they went. */
function flowsOf({ protocol, address, port }: FlowWay, ...rules: Firewalls[]): StaleFlows {
  const others = address === "" ? rules.flatMap((each) => addressesWith(protocol, port, each)) : [];
  return { protocol, address, port, ...(others.length > 0 && { except: others }) };
}

/** The addresses at which services answer at a port. */
const addressesWith = (protocol: Protocol, port: number, host: Firewalls): string[] =>
  allStates(host).flatMap(({ state }) =>
    [...state.services.values()].flatMap(({ service }) => {
      const isAt = service?.ports.some((each) => each.protocol === protocol && each.port === port);
      return isAt ? [service!.address, ...service!.externalIPs] : [];
    }),
  );
