import { z } from "zod";
import { notYet } from "./not-yet.js";
import { shown } from "./shown.js";
import { port } from "./values.js";

/** One port of a service, in Kubernetes' words. */
const servicePort = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: ({ input }) => `${shown(input)} is no port name: use 1 to 63 lower-case letters, digits and "-"`,
    })
    .optional(),
  port,
  protocol: z
    .enum(["tcp", "udp"], {
      error: ({ input }) =>
        input === "sctp"
          ? '"sctp" is not in this version yet: use "tcp" or "udp"'
          : `${shown(input)} is no protocol of a service: use "tcp" or "udp"`,
    })
    .default("tcp"),
  /** Where the endpoints listen; the same as `port` when left out. */
  targetPort: port.optional(),
  nodePort: notYet("a port on every node"),
});

/** Exactly one port in this version. */
export const portsSchema = z.array(servicePort).superRefine((ports, issue) => {
  if (ports.length === 0) issue.addIssue("the list is empty: a service needs a port, as in [{ port: 8080 }]");
  else if (ports.length > 1)
    issue.addIssue(
      `${ports.length} ports in one service are not in this version yet: declare one ServiceVip a port, of the same address`,
    );
});
