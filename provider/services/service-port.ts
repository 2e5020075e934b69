import { z } from "zod";
import type { PortSpec } from "../kernel/service-spec.js";
import { shown } from "../kernel/shown.js";
import { port } from "../kernel/values.js";

/**
 * The protocols of a service. SCTP is there where the kernel was built with it; where it wasn't,
 * iptables says so.
 */
export const protocol = z.enum(["tcp", "udp", "sctp"], {
  error: ({ input }) =>
    input === undefined ? undefined : `${shown(input)} is no protocol: use "tcp", "udp" or "sctp", in small letters`,
});

/** One port of a service, in Kubernetes' words. */
const servicePort = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
        error: ({ input }) => `${shown(input)} is no port name: use 1 to 63 lower-case letters, digits and "-"`,
      })
      .optional(),
    port,
    protocol: protocol.default("tcp"),
    /** Where the endpoints listen; the same as `port` when left out. */
    targetPort: port.optional(),
    /** The port at the host's own addresses. */
    nodePort: port.optional(),
  })
  .transform(
    ({ name, port, protocol, targetPort = port, nodePort }): PortSpec => ({
      ...(name && { name }),
      port,
      protocol,
      targetPort,
      ...(nodePort && { nodePort }),
    }),
  );

/** At least one; each port and protocol once, each node port and protocol once, each name once. */
export const portsSchema = z.array(servicePort).superRefine((ports, issue) => {
  if (ports.length === 0) issue.addIssue("the list is empty: a service needs a port, as in [{ port: 8080 }]");
  for (const [at, { name, port, protocol, nodePort }] of ports.entries()) {
    const before = ports.slice(0, at);
    const same = before.findIndex((each) => each.port === port && each.protocol === protocol);
    if (same >= 0)
      issue.addIssue({
        code: "custom",
        path: [at, "port"],
        message: `${port} (${protocol}) is ports[${same}] already: give one of the two another port or protocol`,
      });
    const node = ports.findIndex(
      (each, other) =>
        nodePort !== undefined &&
        other !== at &&
        each.protocol === protocol &&
        (each.port === nodePort || (other < at && each.nodePort === nodePort)),
    );
    if (node >= 0)
      issue.addIssue({
        code: "custom",
        path: [at, "nodePort"],
        message: `${nodePort} (${protocol}) is a port of ports[${node}] already: choose another node port`,
      });
    const namesake = name === undefined ? -1 : before.findIndex((each) => each.name === name);
    if (namesake >= 0)
      issue.addIssue({
        code: "custom",
        path: [at, "name"],
        message: `"${name}" is the name of ports[${namesake}] already: give one of the two another name`,
      });
  }
});
