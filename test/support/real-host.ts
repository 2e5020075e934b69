import { Host, type HostRun } from "../../provider/host/host.js";
import type { HostAddress } from "../../provider/kernel/host-address.js";
import { product } from "../../provider/product.js";

/** A host of the kernel, with all that the provider makes on one. */
export class RealHost extends Host {
  constructor(address: Partial<HostAddress>, run: Partial<HostRun> = {}) {
    super(address, { product, ...run });
  }
}
