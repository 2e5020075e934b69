import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { isBuiltIn, type Rule, type Table } from "../../kernel/iptables/ruleset.js";
import { noteOf } from "../../ownership/comment.js";
import type { Protocol } from "../spec.js";
import { conditionsIn } from "./endpoint-note.js";
import { allServices, type Dispatch, endpointName, jumpsIn } from "./read.js";

/** A way into a service as a flow sees it, on either backend. */
export interface FlowWay {
  protocol: Protocol;
  /** Where the client sends; of a node port "", any address. */
  address: string;
  port: number;
  /** "10.0.0.11:53": where its flows may be. The endpoints that serve, drained ones too. */
  endpoints: string[];
  /** "PREROUTING DNS1": hook and endpoint's name, for each pair by which a new flow can come through. */
  leading: string[];
}

/** The ways into all services of table nat. */
export function waysOnIptables(table: Table | undefined): FlowWay[] {
  const hooks = new Map<string, string[]>();
  for (const [name, { rules }] of table ?? [])
    for (const target of isBuiltIn(name) ? rules.map((rule) => factsOf(rule).target ?? "") : [])
      hooks.set(target, [...(hooks.get(target) ?? []), name]);
  return allServices(table).map((way) => {
    const { protocol, address, port } = way;
    const found = jumpsIn(table?.get(way.serviceChain)).flatMap(({ endpointChain, rule }) => {
      const to = table?.get(endpointChain)?.rules.find((each) => takes(each, way));
      const endpoint = to && factsOf(to).options.get("--to-destination");
      return endpoint && rule ? [{ name: endpointName(endpointChain), endpoint, rule }] : [];
    });
    const answering = found.filter(({ rule }) => factsOf(rule).options.get("--probability") !== "0");
    return {
      protocol,
      address,
      port,
      endpoints: found.filter(({ rule }) => conditionsIn(noteOf(rule)?.says).serving).map(({ endpoint }) => endpoint),
      leading: (hooks.get(way.chain) ?? []).flatMap((hook) => answering.map(({ name }) => `${hook} ${name}`)),
    };
  });
}

function takes(rule: Rule, { protocol, port }: Dispatch): boolean {
  const { options } = factsOf(rule);
  const dport = options.get("--dport");
  return options.get("-p") === protocol && (dport === undefined || dport === String(port));
}
