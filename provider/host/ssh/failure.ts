import { classifySsh, type SshFailure } from "../classify.js";

/** What a user does about it. */
const CURES: Record<SshFailure, string> = {
  refused: "start sshd there, or correct host.connection.host and port",
  timeout:
    "see that the machine is up and that no firewall is in the way; host.connection.perDialTimeout gives it more time",
  "unknown-host": "correct host.connection.host, or add it to the DNS, /etc/hosts or ~/.ssh/config",
  "no-route": "see that this machine has a route to it, or give host.connection.proxy",
  authentication:
    "give host.connection.user with a password, privateKey or agentSocketPath that this host takes (tried: what ~/.ssh/config and the agent have)",
  "host-key-changed":
    "if the host was set up anew, remove its old key (ssh-keygen -R HOST) or correct host.connection.hostKey; if not, somebody else answers in its place",
  "host-key-unknown":
    'give host.connection.hostKey, add the host to ~/.ssh/known_hosts (ssh-keyscan), or say hostKeyChecking: "accept-new"',
  "become-password":
    'let this user become root without a password (NOPASSWD in sudoers, nopass in doas.conf), or log in as root with become: "none"',
  "become-missing": 'install it there, or log in as root with become: "none"',
  "no-ssh": "install the OpenSSH client on this machine (Debian: apt-get install openssh-client)",
  lost: "see that it is up and can be reached, and run again: what was left half-way is completed then",
};

const NETWORK: SshFailure[] = ["refused", "timeout", "unknown-host", "no-route", "lost"];

/** A host over ssh that could not be reached, or that was lost on the way. */
export class Unreachable extends Error {
  override name = "Unreachable";
  readonly reason: SshFailure;

  constructor(
    private readonly host: string,
    private readonly said: string,
    tries = 1,
  ) {
    const reason = classifySsh(said);
    const words = said
      .trim()
      .split("\n")
      .filter((line) => !/^(@|\s*$)/.test(line));
    const times = tries > 1 ? ` after ${tries} tries` : "";
    super(
      `${host} can't be reached over ssh${times} (${reason}): ${words.join(" ").trim() || "the connection ended"}\n${CURES[reason]}`,
    );
    this.reason = reason;
  }

  /** The same after so many tries. */
  after(tries: number): Unreachable {
    return new Unreachable(this.host, this.said, tries);
  }

  /** Is it the network or the machine, and not who we are or who it is? */
  get gone(): boolean {
    return NETWORK.includes(this.reason);
  }

  /** Might another try help? */
  get transient(): boolean {
    return this.gone && this.reason !== "unknown-host";
  }
}
