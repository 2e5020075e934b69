import { Prerequisite } from "../kernel/errors.js";
import { serviceClaim, serviceReference } from "./chain-name.js";

export const missingChain = (chain: string): Prerequisite =>
  new Prerequisite(
    "chain",
    `there is no chain ${chain}: declare new NatChain(…, { name: "${chain}" }) and pass that resource as chain, or add it to dependsOn`,
    { what: `chain ${chain}`, claim: `chain ${chain}` },
  );

export function missingService(reference: string): Prerequisite {
  const { chain, name } = serviceReference(reference);
  return new Prerequisite(
    "service",
    `service ${reference} is missing: declare new ServiceVip(…, { name: "${name}", … }) and pass that resource as service, or add it to dependsOn`,
    { what: `service ${reference}`, ...(chain !== undefined && { claim: serviceClaim(chain, name) }) },
  );
}
