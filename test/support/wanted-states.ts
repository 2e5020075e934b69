import type { ServiceState } from "../../provider/kernel/service-change.js";
import type { ChainSpec, EndpointSpec, PortSpec } from "../../provider/kernel/service-spec.js";
import type { Firewalls } from "../../provider/kernel/snapshot.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { markOf, parseOwner } from "../../provider/ownership/mark.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { serviceReference } from "../../provider/services/chain-name.js";
import { conditionsOf } from "../../provider/services/endpoint-args.js";
import { carried, chainSpec } from "../../provider/services/nat-chain-args.js";
import { serviceSpec } from "../../provider/services/service-args.js";
import { allStates } from "../../provider/services/site.js";
import { type ChainState, emptyState, keyOf, setService, stateOf } from "../../provider/services/state.js";
import type { Declaration, Program } from "./any-program.js";

/** NatChains by their backend and name: "iptables DUSTIN-SERVICES". */
type States = Map<string, ChainState>;

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byPort = (a: PortSpec, b: PortSpec) => byText(`${a.protocol} ${a.port}`, `${b.protocol} ${b.port}`);
const isIp6 = ({ destination }: { destination: string }) => Number(destination.includes(":"));

/** A NatChain with what is of no order in one order. A rule of IPv4 and one of IPv6 have none. */
function ordered({ name, spec, services, addresses, holders, frontends }: ChainState): ChainState {
  const held = [...services].map(([key, each]) => [key, orderedService(each)] as const);
  return { name, ...(spec && { spec: orderedSpec(spec) }), services: new Map(held), addresses, holders, frontends };
}

const orderedSpec = (spec: ChainSpec): ChainSpec => ({
  ...spec,
  hooks: spec.hooks.toSorted(),
  rules: spec.rules.toSorted((a, b) => isIp6(a) - isIp6(b)),
});

const orderedService = ({ service, endpoints, ...held }: ServiceState): ServiceState => ({
  ...held,
  ...(service && {
    service: {
      ...service,
      ports: service.ports.toSorted(byPort),
      externalIPs: service.externalIPs.toSorted(),
      loadBalancerSourceRanges: service.loadBalancerSourceRanges.toSorted(),
    },
  }),
  endpoints: endpoints.toSorted((a, b) => byText(a.name, b.name)),
});

const stateKey = (backend: string, chain: string) => `${backend} ${chain}`;

/** What a host has, read back from the kernel's own notes. */
export const statesOn = (host: Firewalls): States =>
  new Map(allStates(host).map(({ backend, state }) => [stateKey(backend.name, state.name), ordered(state)]));

/** What a program wants a host to have; each declaration has its owner in its arguments. */
export function wantedStates(program: Program): States {
  const states: States = new Map();
  const of = (kind: Declaration["kind"]) => program.filter((each) => each.kind === kind).map(({ args }) => args);
  for (const args of of("natChain")) addChain(states, args);
  for (const args of of("serviceVip")) {
    const desired = serviceVip.schema.parse(own(args));
    const spec = serviceSpec(desired, markIn(args));
    const state = [...states.values()].find(({ name }) => name === desired.chain)!;
    setService(state, keyOf(spec), stateOf(spec));
  }
  for (const args of of("endpoint")) addEndpoint(states, args);
  return new Map([...states].map(([key, state]) => [key, ordered(state)]));
}

const own = ({ __owner: _, ...args }: Inputs): Inputs => args;
const markIn = ({ __owner }: Inputs) => markOf(parseOwner(String(__owner)));

function addChain(states: States, args: Inputs): void {
  const desired = natChain.schema.parse(own(args));
  const state: ChainState = { ...emptyState(desired.name), spec: chainSpec(desired, markIn(args)) };
  for (const each of carried(desired)) {
    const spec = serviceSpec(each, markIn(args));
    setService(state, keyOf(spec), stateOf(spec));
  }
  states.set(stateKey(desired.backend, desired.name), state);
}

function addEndpoint(states: States, args: Inputs): void {
  const { service, name, address, ...conditions } = endpoint.schema.parse(own(args));
  const reference = serviceReference(service);
  const found: EndpointSpec = { name, address, mark: markIn(args), ...conditionsOf(conditions) };
  const key = keyOf({ family: address.includes(":") ? "ip6" : "ip", name: reference.name });
  for (const state of states.values()) {
    const held = state.services.get(key);
    if (held && (reference.chain ?? state.name) === state.name)
      setService(state, key, { ...held, endpoints: [...held.endpoints, found] });
  }
}
