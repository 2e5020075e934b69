import { Connections } from "../../provider/host/ssh/connections.js";
import { hostAddress } from "../../provider/kernel/host-address.js";
import { RealHost } from "../support/real-host.js";

/** The connections that a test has: its runs share them until it closes them. */
export const connections = new Connections();
export const closeConnections = () => connections.close();

/** A host as its argument `host` names it. */
export const hostAt = (address: object) => new RealHost(hostAddress.parse(address), { connections });
