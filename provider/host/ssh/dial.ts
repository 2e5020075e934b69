import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostAddress } from "../../model/host-address.js";
import { hostName } from "../../model/host-address.js";
import { converse } from "../exec.js";
import { HOLDER } from "../lock-script.js";
import { type SshCommand, sshCommand } from "./command.js";
import { Unreachable } from "./failure.js";
import { withSecretFiles } from "./secret-files.js";
import { ShellSession } from "./session.js";

/** A host over ssh, as an argument says it. */
export type SshAddress = Pick<HostAddress, "become"> & { connection: NonNullable<HostAddress["connection"]> };

/** Milliseconds between two tries: the first pause, and the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/** What this process may do there, which machine it is, and which tools are missing. */
const LOOK = `sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status
cat /etc/machine-id 2>/dev/null || uname -n
for tool in ip sysctl iptables-save iptables-restore flock nsenter; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done`;

/** CAP_NET_ADMIN and CAP_SYS_ADMIN of linux/capability.h. */
const NEEDED = (1n << 12n) | (1n << 21n);

export interface Dialled {
  session: ShellSession;
  machineId: string;
}

/**
 * Opens a root shell on a host, trying as often as the connection's `dialErrorLimit` says where the network fails. Throws Unreachable, or an Error when
 * the host isn't fit: no rights there, or a tool is missing.
 */
export async function dial(address: SshAddress, { fresh = false, tries = triesOf(address) } = {}): Promise<Dialled> {
  const name = hostName(address);
  for (let tried = 1; ; tried++) {
    try {
      return await open(address, fresh);
    } catch (error) {
      if (!(error instanceof Unreachable) || !error.transient || tried >= tries)
        throw error instanceof Unreachable ? error.after(tried) : error;
      console.log(
        `${name}: ${error.reason}, trying again (${tried} of ${Number.isFinite(tries) ? tries : "any number of"} tries)`,
      );
      await sleep(Math.min(FIRST_PAUSE * 2 ** (tried - 1), LONGEST_PAUSE));
    }
  }
}

/** `remote.Connection`: -1 is without limit, and 0 still tries once. */
function triesOf({ connection: { dialErrorLimit } }: SshAddress): number {
  return dialErrorLimit < 0 ? Number.POSITIVE_INFINITY : Math.max(dialErrorLimit, 1);
}

async function open({ connection, become }: SshAddress, fresh: boolean): Promise<Dialled> {
  const name = hostName({ connection });
  const holder = `${HOLDER}process ${process.pid} on ${hostname()}`;
  return await withSecretFiles(connection, async (files) => {
    const command: SshCommand = sshCommand(connection, become, holder, files, fresh);
    const session = new ShellSession(
      (hear) => converse(command.argv, hear, command.env),
      (said) => new Unreachable(name, said),
    );
    try {
      const { stdout } = await session.script(LOOK);
      const [capabilities = "0", machineId = "", missing = ""] = stdout.split("\n");
      if (missing.trim() !== "")
        throw new Error(
          `${name} lacks what changes a network: ${missing.trim()}. Install it there (Debian: apt-get install iproute2 iptables procps util-linux)`,
        );
      if ((BigInt(`0x${capabilities}`) & NEEDED) !== NEEDED)
        throw new Error(
          `the user that logs in at ${name} may not change its network: log in as root, or leave become at "sudo"; nothing was touched`,
        );
      return { session, machineId };
    } catch (error) {
      session.close();
      throw error;
    }
  });
}
