import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printSave } from "../../provider/kernel/iptables/iptables-save.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";
import type { ServiceChange, ServiceHead, ServiceState } from "../../provider/kernel/service-change.js";
import { iptables } from "../../provider/services/iptables/index.js";
import { specOf } from "../../provider/services/state.js";
import { anyChange, chainSpec, endpointSpec, heldService } from "../support/nat-services.js";
import { stateOf } from "../support/state-of.js";

const CHAIN = chainSpec();
const on = (firewall: Firewall, ...changes: ServiceChange[]): Firewall =>
  iptables.apply(
    firewall,
    changes.map((change) => ({ chain: "X", change, by: { mark: CHAIN.mark } })),
  );
const laid = (...changes: ServiceChange[]) => on(new Map(), { chain: CHAIN }, ...changes);
/** A built-in chain that does nothing may be there or not. */
const lines = (firewall: Firewall) =>
  printSave(firewall)
    .split("\n")
    .filter((line) => !/^:[A-Z]+ ACCEPT /.test(line))
    .sort();

/** The last change of each service. */
const last = (changes: ServiceChange[]) =>
  new Map(changes.flatMap((change) => ("service" in change ? [[change.service, change] as const] : [])));

/** An endpoint's name is there once in a NatChain. */
const distinct = (change: ServiceChange): ServiceChange =>
  "service" in change && change.state
    ? {
        ...change,
        state: {
          ...change.state,
          endpoints: change.state.endpoints.map((each) => ({
            ...each,
            name: `${change.service.slice(-2)}${each.name}`,
          })),
        },
      }
    : change;
const anyChanges = fc.array(anyChange.map(distinct), { maxLength: 6 });

/** Lists sorted: rules that are right stay where they are, so none of them has an order. */
const inOrder = ({ endpoints, service, ...held }: ServiceState): ServiceState => ({
  ...held,
  ...(service && { service: headInOrder(service) }),
  endpoints: endpoints.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
});
const headInOrder = (head: ServiceHead): ServiceHead => ({
  ...head,
  ports: head.ports.toSorted((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol)),
  externalIPs: head.externalIPs.toSorted(),
  loadBalancerSourceRanges: head.loadBalancerSourceRanges.toSorted(),
});

describe("whatever services come, change and go, on iptables", () => {
  it("what is declared is what is read back from the rules", () => {
    fc.assert(
      fc.property(anyChanges, (changes) => {
        const found = iptables.state(laid(...changes), "X")!;
        expect(found.spec).toEqual(CHAIN);
        for (const { service, state } of last(changes).values()) {
          const read = found.services.get(service);
          expect(read && inOrder(read)).toEqual(state ? readable(inOrder(state)) : undefined);
        }
      }),
    );
  });

  it("nothing is laid out otherwise, and laying it out again changes nothing", () => {
    fc.assert(
      fc.property(anyChanges, (changes) => {
        const firewall = laid(...changes);
        expect(iptables.otherwise(firewall, "X", { chain: CHAIN })).toBe("");
        for (const { state } of last(changes).values())
          if (state) expect(iptables.otherwise(firewall, "X", { service: state, whole: true })).toBe("");
        expect(iptables.unsettled(firewall)).toEqual([]);
        expect(printSave(on(firewall, { chain: CHAIN }, ...last(changes).values()))).toBe(printSave(firewall));
      }),
    );
  });

  it("the way there makes no difference, in one step or in many, and back there is nothing", () => {
    fc.assert(
      fc.property(anyChanges, (changes) => {
        const firewall = laid(...changes);
        const oneByOne = changes.reduce((so, change) => on(so, change), laid());
        expect(stateOf({ firewall: oneByOne } as never)).toEqual(stateOf({ firewall } as never));
        expect(lines(firewall)).toEqual(lines(laid(...last(changes).values())));
        expect(on(firewall, { chain: null })).toEqual(new Map());
        const emptied = [...last(changes).keys()].map((service) => ({ service, state: null }));
        expect(lines(on(firewall, ...emptied))).toEqual(lines(laid()));
      }),
    );
  });
});

/** Networks that nobody comes from by a frontend of the outside are none that rules can say. */
function readable(state: ServiceState): ServiceState {
  const { service } = state;
  const isOutside = service?.externalIPs.length || service?.ports.some(({ nodePort }) => nodePort !== undefined);
  return service && !isOutside ? { ...state, service: { ...service, loadBalancerSourceRanges: [] } } : state;
}

it("a change of one service touches no rule of another, and not the firewall that it is made of", () => {
  const port = { port: 80, protocol: "tcp" as const, targetPort: 8080 };
  const web = heldService("WEB", "10.1.0.1", [port], [endpointSpec("A", "10.0.0.1"), endpointSpec("B", "10.0.0.2")]);
  const api = heldService("API", "10.1.0.2", [port], [endpointSpec("C", "10.0.0.3")]);
  const before = laid(web, api);
  const text = printSave(before);
  const after = on(before, {
    ...web,
    state: { ...web.state, endpoints: [endpointSpec("A", "10.0.0.1", { weight: 3 })] },
  });
  expect(printSave(before)).toBe(text);
  for (const chain of ["X-SVC-API", "X-SEP-C", "PREROUTING", "OUTPUT", "POSTROUTING", "X"])
    expect(after.get("nat")?.get(chain)).toBe(before.get("nat")?.get(chain));
  expect(specOf("X", iptables.state(after, "X")!.services.get("WEB")!)?.endpoints).toHaveLength(1);
});
