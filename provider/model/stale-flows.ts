import { awakened } from "./awakened.js";
import { conditionsIn } from "./endpoint-note.js";
import { noteOf } from "./rule-comment.js";
import { factsOf } from "./rule-facts.js";
import type { Firewall, Table } from "./ruleset.js";
import { allServices, type Dispatch, jumpsIn, type Service } from "./service.js";
import type { Protocol } from "./service-spec.js";

/**
 * Flows that conntrack still leads where no rule leads any more. TCP finds out by itself; a UDP client with a fixed source port would be led there for
 * ever, whatever the rules say.
 */
export interface StaleFlows {
  protocol: Protocol;
  /** Where the client sends; of a node port "", any address. */
  address: string;
  /** Of a node port: addresses at which another way has that port. */
  except?: string[];
  port: number;
  /** "10.0.0.11:53", the endpoint that must not get them any more; undefined: they went out untranslated, and an endpoint is there now. */
  endpoint?: string;
}

/** The flows to forget after the rules have changed, and no others. */
export function staleFlows(before: Firewall, after: Firewall): StaleFlows[] {
  const [old, now] = [before.get("nat"), after.get("nat")];
  if (old === now) return [];
  const [was, is] = [targetsOf(old), targetsOf(now)];
  const others = [...allServices(old), ...allServices(now)].filter(({ way }) => way !== "node");
  const wayOf = ({ protocol, address, port }: Service) => {
    const same = others.filter((each) => address === "" && each.protocol === protocol && each.port === port);
    return { protocol, address, port, ...(same.length > 0 && { except: same.map((each) => each.address) }) };
  };
  const left = [...was].flatMap(([key, { way, endpoints }]) => {
    const still = is.get(key)?.endpoints ?? [];
    return endpoints.filter((each) => !still.includes(each)).map((each) => ({ ...wayOf(way), endpoint: each }));
  });
  return [...left, ...awakened(before, after).map(wayOf)];
}

/** For each way into a UDP service the endpoints that its flows may be at: those that serve, drained ones too. */
function targetsOf(table: Table | undefined): Map<string, { way: Dispatch; endpoints: string[] }> {
  const ways = allServices(table).filter(({ protocol }) => protocol === "udp");
  return new Map(
    ways.map((way) => {
      const serving = jumpsIn(table?.get(way.serviceChain)).filter(({ rule }) => rule && serves(noteOf(rule)?.says));
      const endpoints = serving.flatMap(({ endpointChain }) => {
        const to = table?.get(endpointChain)?.rules.find((rule) => takes(rule, way));
        return (to && factsOf(to).options.get("--to-destination")) ?? [];
      });
      return [`${way.address} ${way.port}`, { way, endpoints }];
    }),
  );
}

const serves = (says: Record<string, string> | undefined) => conditionsIn(says).serving;

function takes(rule: Parameters<typeof factsOf>[0], { protocol, port }: Dispatch): boolean {
  const { options } = factsOf(rule);
  const dport = options.get("--dport");
  return options.get("-p") === protocol && (dport === undefined || dport === String(port));
}
