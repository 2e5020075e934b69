import { z } from "zod";
import { familyOf, single } from "../kernel/family.js";
import { holds } from "../kernel/network.js";
import { shown } from "../kernel/shown.js";
import { shownOnce, waysOf } from "./frontends.js";
import { type BulkService, bulkService, problemsOf, type ServiceArgs, serviceSpec } from "./service-args.js";

/** The services that a NatChain carries. */
export const bulkServices = z.array(bulkService);

/** A service of the list as a ServiceVip would declare it. */
export const inChain = (chain: string, service: BulkService): ServiceArgs => ({ ...service, chain, bulk: true });

interface Problem {
  path: (string | number)[];
  message: string;
}

/**
 * What is wrong with services that are right each by itself: names, ways and names of endpoints are
 * there once, addresses within the range.
 */
export function problemsIn(chain: string, services: BulkService[], vipRange: string | undefined): Problem[] {
  const first = new Map<string, string>();
  return services.flatMap((each, at) => {
    const service = inChain(chain, each);
    const { name, address, endpoints = [] } = service;
    const problems: Problem[] = [...problemsOf(service)];
    /** Notes what must be there once. */
    const once = (what: string, value: string, path: Problem["path"], cure: string) => {
      const before = first.get(`${what} ${value}`);
      const here = `services[${at}]`;
      if (before === undefined) first.set(`${what} ${value}`, here);
      else problems.push({ path, message: `${value} is ${what} of ${before} already: ${cure}` });
    };
    once("the name", shown(name), ["name"], "give one of the two another name");
    const paths = { vip: ["address"], external: ["externalIPs"], node: ["ports"] };
    for (const way of waysOf(serviceSpec(service, "", [])))
      once(
        "the way in",
        shownOnce(way, familyOf(address)),
        paths[way.kind],
        "give one of the two another address or port",
      );
    for (const [index, endpoint] of endpoints.entries())
      once(
        "the name of an endpoint",
        shown(endpoint.name),
        ["endpoints", index, "name"],
        "an endpoint's name is there once in a NatChain, so give one of the two another",
      );
    const isRanged = vipRange !== undefined && familyOf(vipRange) === familyOf(address);
    if (isRanged && !holds(vipRange, single(address)))
      problems.push({
        path: ["address"],
        message: `${address} is outside ${vipRange}, the vipRange of ${chain}: choose an address in it, or widen the range`,
      });
    return problems.map(({ path, message }) => ({ path: ["services", at, ...path], message }));
  });
}
