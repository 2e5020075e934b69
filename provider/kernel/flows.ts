import type { Protocol } from "./service-spec.js";

/**
 * Flows that conntrack still leads where no rule leads any more. TCP finds out by itself; a UDP
 * client with a fixed source port would be led there for ever, whatever the rules say.
 */
export interface StaleFlows {
  protocol: Protocol;
  /** Where the client sends; of a node port "", any address. */
  address: string;
  /** Of a node port: addresses at which another way has that port. */
  except?: string[];
  port: number;
  /**
   * "10.0.0.11:53", the endpoint that must not get them any more; undefined: they went out
   * untranslated, and an endpoint is there now.
   */
  endpoint?: string;
}
