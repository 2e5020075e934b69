import { withPort } from "../../kernel/family.js";
import { eligible } from "../eligible.js";
import type { FlowWay } from "../iptables/flow-ways.js";
import type { Protocol } from "../spec.js";
import { policyOf, waysOf } from "../ways.js";
import { type Held, type NatTable, specOfHeld } from "./nat-table.js";

type NatTables = ReadonlyMap<string, NatTable>;

/** The ways into the services that differ, as they were and as they are. What is the same is the same object. */
export function changedWays(before: NatTables, after: NatTables): [FlowWay[], FlowWay[]] {
  if (before === after) return [[], []];
  return [waysOnlyIn(before, after), waysOnlyIn(after, before)];
}

function waysOnlyIn(these: NatTables, those: NatTables): FlowWay[] {
  return [...these.values()].flatMap((table) => {
    const other = those.get(table.name);
    const rehung = String(table.spec?.hooks) !== String(other?.spec?.hooks);
    return [...table.services]
      .filter(([name, held]) => rehung || other?.services.get(name) !== held)
      .flatMap(([, held]) => waysInto(held, table));
  });
}

function waysInto(held: Held, { name, spec: chain }: NatTable): FlowWay[] {
  const spec = specOfHeld(name, held);
  if (!spec) return [];
  return waysOf(spec).map((way) => {
    const { address = "", protocol, dport, port } = way;
    return {
      protocol,
      address,
      port: dport,
      endpoints: spec.endpoints.filter(({ serving }) => serving).map((each) => withPort(each.address, port.targetPort)),
      leading: eligible(spec.endpoints, policyOf(way, spec)).flatMap((each) =>
        chain ? chain.hooks.map((hook) => `${hook.toUpperCase()} ${each.name}`) : [],
      ),
    };
  });
}

/** The addresses at which services answer at a port. */
export function addressesOnNftables(protocol: Protocol, port: number, tables: NatTables): string[] {
  return [...tables.values()].flatMap((table) =>
    [...table.services.values()].flatMap((held) => {
      const { service } = held;
      const at = service?.ports.some((each) => each.protocol === protocol && each.port === port);
      return at ? [service!.address, ...service!.externalIPs] : [];
    }),
  );
}
