import { z } from "zod";
import { shown } from "./shown.js";
import { namespaceName } from "./values.js";

/**
 * Where a host is and how it is reached. It is parsed once, so nothing here can be taken for an
 * option of ssh, or for more than one word of its command line.
 */
const word = (what: string) =>
  z.string().superRefine((text, issue) => {
    if (!/^[A-Za-z0-9_.:][A-Za-z0-9_.:%@\\-]{0,254}$/.test(text))
      issue.addIssue(`${shown(text)} is no ${what}: use letters, digits and "_.:-", not starting with "-"`);
  });

const whole = (least: number, most: number) => {
  const error = ({ input }: { input: unknown }) => `${shown(input)} is no whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** PEM or OpenSSH text. A path is the usual mistake. */
const privateKey = z.string().superRefine((text, issue) => {
  if (!text.includes("PRIVATE KEY"))
    issue.addIssue(
      'is not the text of a private key ("-----BEGIN … PRIVATE KEY-----"): read the file and pass its content',
    );
});

const hostKey = z.string().superRefine((text, issue) => {
  if (!/^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?\n?$/.test(text))
    issue.addIssue(
      `${shown(text)} is no public host key ("ssh-ed25519 AAAA…"): take a line that ssh-keyscan or /etc/ssh/ssh_host_*_key.pub gives`,
    );
});

const socketPath = z.string().superRefine((text, issue) => {
  if (!/^\/[^\s"%]+$/.test(text))
    issue.addIssue(
      `${shown(text)} is no absolute path of an agent's socket: write one such as /run/user/1000/agent.sock`,
    );
});

/** The fields of `@pulumi/command`'s `remote.Connection`, and `hostKeyChecking`. */
const endOfLine = {
  host: word("host name or address"),
  port: whole(1, 65535).optional(),
  user: word("user name").optional(),
  password: z.string().min(1, { error: "is empty: leave it out" }).optional(),
  privateKey: privateKey.optional(),
  privateKeyPassword: z.string().optional(),
  agentSocketPath: socketPath.optional(),
  hostKey: hostKey.optional(),
  hostKeyChecking: z
    .enum(["yes", "accept-new", "no"], {
      error: ({ input }) =>
        `${shown(input)} is not "yes", "accept-new" or "no": write one of these, as StrictHostKeyChecking of ssh_config(5)`,
    })
    .optional(),
  dialErrorLimit: whole(-1, 1000).default(10),
  perDialTimeout: whole(0, 3600).default(15),
};

const proxy = z.strictObject(endOfLine);
const connection = z.strictObject({ ...endOfLine, proxy: proxy.optional() });

export type JumpHost = z.infer<typeof proxy>;
export type Connection = z.infer<typeof connection>;

export const hostAddress = z
  .strictObject(
    {
      netns: namespaceName.optional(),
      connection: connection.optional(),
      become: z
        .enum(["sudo", "doas", "none"], {
          error: ({ input }) => `${shown(input)} is not "sudo", "doas" or "none": write one of these`,
        })
        .optional(),
      onUnreachable: z
        .enum(["fail", "forget"], {
          error: ({ input }) =>
            `${shown(input)} is not "fail" or "forget": write what a deletion does when the host can't be reached`,
        })
        .optional(),
      rollbackAfterSeconds: whole(5, 3600).optional(),
    },
    {
      error: ({ code }) =>
        code === "unrecognized_keys"
          ? undefined
          : "is no host: write { netns: NAME } for a network namespace, { connection: { host: … } } for a machine over ssh; leave it out for this machine itself",
    },
  )
  .superRefine((host, issue) => {
    if (host.connection) return;
    for (const key of ["become", "rollbackAfterSeconds"] as const)
      if (host[key] !== undefined)
        issue.addIssue({
          code: "custom",
          path: [key],
          message: `${shown(host[key])} is for hosts over ssh: add connection, or leave it out`,
        });
  });

/** Which host: this machine, one over ssh, or a named network namespace of either. */
export type HostAddress = z.infer<typeof hostAddress>;

/** What tells one host from another, whoever logs in there and how. */
export function hostIdentity({ netns, connection }: Pick<HostAddress, "netns" | "connection">): string {
  const machine = connection && `${connection.host}:${connection.port ?? ""}`;
  return JSON.stringify([machine ?? "", netns ?? ""]);
}

/** The same of an argument as the user wrote it, where one may still be unknown. */
export function inputIdentity(host: unknown): string {
  const { netns, connection } = (host ?? {}) as { netns?: string; connection?: { host?: string; port?: number } };
  return hostIdentity({ netns, connection: connection as Connection | undefined });
}

/** How messages call it. */
export function hostName({ netns, connection }: Pick<HostAddress, "netns" | "connection">): string {
  const namespace = netns === undefined ? undefined : `network namespace ${netns}`;
  if (!connection) return namespace ?? "this machine";
  const port = connection.port === undefined ? "" : `:${connection.port}`;
  return `${namespace ? `${namespace} of ` : ""}${connection.host}${port}`;
}
