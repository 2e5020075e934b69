import * as pulumi from "@pulumi/pulumi";

/** A jump host: how a connection's first part is made. */
export interface JumpHostArgs {
  /** Name or address, or a `Host` of ~/.ssh/config. */
  host: pulumi.Input<string>;
  /** Default: what ~/.ssh/config says, else 22. */
  port?: pulumi.Input<number>;
  /** Default: what ~/.ssh/config says, else this user's name. */
  user?: pulumi.Input<string>;
  password?: pulumi.Input<string>;
  /** The text of a private key, not its path. Default: the keys that ~/.ssh/config names, and the agent's. */
  privateKey?: pulumi.Input<string>;
  /** The passphrase of `privateKey`. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Path of an agent's socket. Default: `SSH_AUTH_SOCK`. */
  agentSocketPath?: pulumi.Input<string>;
  /** The only host key to accept ("ssh-ed25519 AAAA…"). Default: those of ~/.ssh/known_hosts. */
  hostKey?: pulumi.Input<string>;
  /** What to do with a host key that is not known, as `StrictHostKeyChecking` of ssh_config(5). Default: what ~/.ssh/config says, else refuse. */
  hostKeyChecking?: pulumi.Input<"yes" | "accept-new" | "no">;
  /** How many times to try where the network fails; -1 is without limit. Default 10. */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds that a try may take; 0 is as long as the system lets it. Default 15. */
  perDialTimeout?: pulumi.Input<number>;
}

/** How a machine is reached over ssh: the fields of `remote.Connection` of `@pulumi/command`. Passwords and keys are kept as secrets. */
export interface ConnectionArgs extends JumpHostArgs {
  /** A host to go through. */
  proxy?: pulumi.Input<JumpHostArgs>;
}

/** Where the kernel objects of a resource live. */
export interface HostArgs {
  /** A named network namespace of the machine, used as a host of its own. Omitted: the machine's own network namespace. */
  netns?: pulumi.Input<string>;
  /** Another machine, over ssh. Omitted: this machine. */
  connection?: pulumi.Input<ConnectionArgs>;
  /** How the login becomes root there, without a password. Default: not at all for root, else "sudo". */
  become?: pulumi.Input<"sudo" | "doas" | "none">;
  /** What a deletion does when the machine can't be reached: fail (default), or forget what was on it. */
  onUnreachable?: pulumi.Input<"fail" | "forget">;
  /** The machine takes a change back by itself unless it can be reached again, over a fresh connection, within so many seconds (5 to 3600). */
  rollbackAfterSeconds?: pulumi.Input<number>;
}

const SECRETS = ["password", "privateKey", "privateKeyPassword"] as const;

/** The argument with its passwords and keys marked as secrets, however the user gave them. */
export function withSecrets(host: pulumi.Input<HostArgs> | undefined): pulumi.Input<HostArgs> | undefined {
  if (host === undefined) return undefined;
  return mapped(host, ({ connection, ...rest }) =>
    connection === undefined
      ? rest
      : {
          ...rest,
          connection: mapped(connection, ({ proxy, ...target }) => ({
            ...secretsOf(target),
            ...(proxy === undefined ? {} : { proxy: mapped(proxy, secretsOf) }),
          })),
        },
  );
}

function secretsOf<T extends JumpHostArgs>(end: T): T {
  const given = SECRETS.filter((key) => end[key] !== undefined);
  return { ...end, ...Object.fromEntries(given.map((key) => [key, pulumi.secret(end[key])])) };
}

/** What a program knows already stays plain: each output costs it time. */
function mapped<T extends object>(value: pulumi.Input<T>, change: (value: T) => T): pulumi.Input<T> {
  const known = !pulumi.Output.isInstance(value) && !(value instanceof Promise);
  return known ? change(value as T) : (pulumi.output(value).apply((it) => change(it as T)) as pulumi.Output<T>);
}
