import type { Context, Definition } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Refusal } from "../../kernel/errors.js";
import { familyOf } from "../../kernel/family.js";
import { tableOf } from "../../kernel/iptables/ruleset.js";
import { inSequence } from "../../kernel/sequence.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { belongsTo, ownerName } from "../../ownership/mark.js";
import { carriesEndpoints } from "../carried.js";
import { prefixOf, serviceChainName } from "../chain-name.js";
import { because, planOf, shownElement } from "../element.js";
import { endpointParts } from "../endpoint.js";
import type { ServiceArgs } from "../service-args.js";
import type { EndpointSpec } from "../spec.js";
import { endpointOf, jumpsIn } from "./read.js";

type Half = Pick<Definition<ServiceArgs>, "plan" | "remove">;

/** A service on iptables with the endpoints that it carries: each is laid out as an Endpoint would, in the service's name; those that are listed no more go first. */
export function carrying(service: Half): Half {
  return {
    plan: (desired, host, context) => {
      const { endpoints } = desired;
      if (!endpoints && !carriesEndpoints(idOf(desired), host)) return service.plan(desired, host, context);
      const listed = new Set(endpoints?.map(({ name }) => name));
      const unlisted = endpointsAt(desired, host).filter(({ name }) => !listed.has(name));
      if (endpoints) mustBeAlone(idOf(desired), unlisted, context);
      return inSequence(host, [
        ...unlisted.map(({ name }) => removal(desired, name, context)),
        (now) => service.plan(desired, now, context),
        ...(endpoints ?? []).map((each, at) => (now: Snapshot) => {
          const { plan } = endpointParts.iptables({ service: idOf(desired), ...each });
          return planOf(shownElement(`endpoints[${at}]`, each.name), () => plan(now, inItsName(context)));
        }),
      ]);
    },
    remove: (desired, host, context) => {
      const found = carriesEndpoints(idOf(desired), host) ? endpointsAt(desired, host) : [];
      const names = new Set([...(desired.endpoints ?? []), ...found].map(({ name }) => name));
      return inSequence(host, [
        ...[...names].map((name) => removal(desired, name, context)),
        (now) => service.remove(desired, now, context),
      ]);
    },
  };
}

const idOf = ({ chain, name }: ServiceArgs) => `${chain}/${name}`;

/** The endpoints that the service has, whoever made them. */
function endpointsAt({ chain, name, address }: ServiceArgs, { firewall }: Snapshot): EndpointSpec[] {
  const table = firewall.get(tableOf(familyOf(address), "nat"));
  return jumpsIn(table?.get(serviceChainName(prefixOf(chain), name))).map((jump) => endpointOf(jump, table));
}

/** Takes an endpoint away if it is this stack's. */
const removal = (service: ServiceArgs, name: string, context: Context) => (now: Snapshot) => {
  // Of the address just the family is looked at
  const { remove } = endpointParts.iptables({ service: idOf(service), name, address: service.address });
  return because(drift("endpoints", name, undefined), remove(now, inItsName(context)));
};

/** Of what the service has noted for itself, an endpoint is told where its rules came from. */
function inItsName(context: Context): Context {
  const { newTables, newChains, layout } = context.previous ?? {};
  return { ...context, previous: context.previous && { newTables, newChains, layout } };
}

/** Throws a Refusal when an endpoint of others is there. One of this stack goes with its resource, or comes to be carried. */
export function mustBeAlone(service: string, unlisted: EndpointSpec[], context: Context): void {
  const other = unlisted.find(({ mark }) => belongsTo(mark, context) !== "ours");
  if (other)
    throw new Refusal(
      `service ${service} carries its endpoints (endpoints: […]), and has the Endpoint ${other.name} of ${ownerName(other.mark) || "nobody"} besides: remove that first, or leave out endpoints and declare Endpoints`,
    );
}
