import { Prerequisite } from "../kernel/errors.js";
import { serviceReference } from "./chain-name.js";

export const missingChain = (chain: string): Prerequisite =>
  new Prerequisite(
    "chain",
    `chain ${chain} of table nat is missing: declare new NatChain(…, { name: "${chain}" }) and pass that resource as chain, or add it to dependsOn`,
  );

export const missingService = (reference: string): Prerequisite =>
  new Prerequisite(
    "service",
    `service ${reference} is missing: declare new ServiceVip(…, { name: "${serviceReference(reference).name}", … }) and pass that resource as service, or add it to dependsOn`,
  );
