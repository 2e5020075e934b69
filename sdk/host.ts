import * as pulumi from "@pulumi/pulumi";

/** How a machine that a connection goes through is reached: a jump host. */
export interface JumpHostArgs {
  /** Name or address, `"192.0.2.1"`, or a `Host` of ~/.ssh/config, `"router"`. */
  host: pulumi.Input<string>;
  /**
   * Port number of sshd, 1 to 65535.
   *
   * @defaultValue What ~/.ssh/config says, else 22.
   */
  port?: pulumi.Input<number>;
  /**
   * Name of the user that logs in, `"admin"`.
   *
   * @defaultValue What ~/.ssh/config says, else the name of the user that runs the program.
   */
  user?: pulumi.Input<string>;
  /**
   * Password of the login. Any text. It is kept as a secret.
   *
   * @defaultValue None: keys alone.
   */
  password?: pulumi.Input<string>;
  /**
   * Private key in PEM or OpenSSH form: its text, `"-----BEGIN OPENSSH PRIVATE KEY-----…"`, not its
   * path. It is kept as a secret.
   *
   * @defaultValue The keys that ~/.ssh/config names, and those of the agent.
   */
  privateKey?: pulumi.Input<string>;
  /**
   * Passphrase of `privateKey`. Any text. It is kept as a secret.
   *
   * @defaultValue None.
   */
  privateKeyPassword?: pulumi.Input<string>;
  /**
   * Path of an agent's socket, `"/run/user/1000/agent.sock"`.
   *
   * @defaultValue The variable `SSH_AUTH_SOCK`.
   */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The only host key to accept, as a line of a public key file has it: `"ssh-ed25519 AAAAC3Nz"`.
   *
   * @defaultValue Those of ~/.ssh/known_hosts.
   */
  hostKey?: pulumi.Input<string>;
  /**
   * What to do with a host key that is not known, as `StrictHostKeyChecking` of ssh_config(5):
   * `"yes"` refuses it, `"accept-new"` takes it and keeps it, `"no"` takes a changed one too.
   *
   * @defaultValue What ~/.ssh/config says, else it is refused.
   */
  hostKeyChecking?: pulumi.Input<"yes" | "accept-new" | "no">;
  /**
   * How often to dial where the network fails: -1 to 1000 tries; -1 is without limit.
   *
   * @defaultValue `10`
   */
  dialErrorLimit?: pulumi.Input<number>;
  /**
   * How long one try may take: 0 to 3600 seconds; 0 is as long as the system lets it.
   *
   * @defaultValue `15`
   */
  perDialTimeout?: pulumi.Input<number>;
}

/** How a machine is reached over ssh: the fields of `remote.Connection` of `@pulumi/command`. */
export interface ConnectionArgs extends JumpHostArgs {
  /**
   * Host to go through.
   *
   * @defaultValue None, or what ~/.ssh/config says.
   */
  proxy?: pulumi.Input<JumpHostArgs>;
}

/** Where a resource lives. */
export interface HostArgs {
  /**
   * Network namespace of the machine, by its name, `"lab"`: it is a host of its own.
   *
   * @defaultValue The machine's own.
   */
  netns?: pulumi.Input<string>;
  /**
   * Another machine, over ssh.
   *
   * @defaultValue This machine.
   */
  connection?: pulumi.Input<ConnectionArgs>;
  /**
   * How the login becomes root, without a password: `"sudo"`, `"doas"`, or `"none"` where it is
   * root. Only with `connection`.
   *
   * @defaultValue Not at all for root, else sudo.
   */
  become?: pulumi.Input<"sudo" | "doas" | "none">;
  /**
   * What a deletion does when the machine cannot be reached: `"fail"`, or `"forget"` what was on
   * it.
   *
   * @defaultValue It fails.
   */
  onUnreachable?: pulumi.Input<"fail" | "forget">;
  /**
   * The machine takes each change back by itself, unless it is reached over a fresh connection in
   * time: 5 to 3600 seconds. Only with `connection`.
   *
   * @defaultValue None: a change stays.
   */
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
