import { Prerequisite, Refusal } from "../kernel/errors.js";
import type { Table } from "../kernel/iptables/ruleset.js";
import { prefixOf, serviceChainName, serviceReference } from "./chain-name.js";
import { allServices, type Dispatch, servicesIn } from "./iptables/read.js";

/**
 * The service that a reference means: "DUSTIN-SERVICES/HTTP", or "HTTP" where exactly one chain has a service of that name. Throws
 * Prerequisite when there is none, Refusal when there are several or it is not of this product.
 */
export function findService(reference: string, table: Table | undefined): Dispatch {
  const { chain, name } = serviceReference(reference);
  const found = chain === undefined ? byName(name, table) : byChain(chain, name, table);
  if (found) return found;
  throw new Prerequisite(
    `service ${reference} is missing: declare new ServiceVip(…, { name: "${name}", … }) and pass that resource as service, or add it to dependsOn`,
  );
}

/** What the names of this service's endpoint chains begin with. */
export function endpointPrefix({ serviceChain }: Dispatch): string {
  return serviceChain.slice(0, serviceChain.indexOf("-SVC-"));
}

function byChain(chain: string, name: string, table: Table | undefined): Dispatch | undefined {
  const serviceChain = serviceChainName(prefixOf(chain), name);
  const found = servicesIn(table, chain).find((each) => each.serviceChain === serviceChain);
  return table?.has(serviceChain) ? found : undefined;
}

function byName(name: string, table: Table | undefined): Dispatch | undefined {
  const candidates = [...(table?.keys() ?? [])].filter((chain) => chain.endsWith(`-SVC-${name}`));
  if (candidates.length > 1)
    throw new Refusal(
      `service "${name}" could be any of ${candidates.join(", ")}: write the chain too, as in "DUSTIN-SERVICES/${name}", or pass the ServiceVip`,
    );
  const found = allServices(table).find((each) => each.serviceChain === candidates[0]);
  if (candidates.length === 1 && !found)
    throw new Prerequisite(
      `no rule of this product leads to ${candidates[0]}: an Endpoint needs a service that a ServiceVip made`,
    );
  return found;
}
