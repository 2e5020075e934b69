import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostAddress, hostName } from "../../kernel/host-address.js";
import { converse } from "../exec.js";
import { HOLDER } from "../lock-script.js";
import { print } from "../say.js";
import { ALWAYS, ASK_TOOLS, isWhole, readTools, unfitMessage } from "../tools.js";
import { type SshCommand, sshCommand } from "./command.js";
import { Unreachable } from "./failure.js";
import { withSecretFiles } from "./secret-files.js";
import { ShellSession } from "./session.js";

/** A host over ssh, as an argument says it. */
export type SshAddress = Pick<HostAddress, "become"> & { connection: NonNullable<HostAddress["connection"]> };

/** Milliseconds between two tries: the first pause, and the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/** What this process may do there, which machine it is, and which tools it lacks and has. */
const LOOK = `sed -n 's/^CapEff:[[:space:]]*/capabilities /p' /proc/self/status
id=
[ ! -e /etc/machine-id ] || id=$(cat /etc/machine-id) || id=' '
echo "\${id:-$(uname -n)}"
for tool in ${Object.values(ALWAYS).flat().join(" ")}; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done
echo .
${ASK_TOOLS}`;

const LOOKED = /^capabilities ([0-9a-f]+)\n(\S.*)\n(.*)\.\n([\s\S]*)$/;

/** CAP_NET_ADMIN and CAP_SYS_ADMIN of linux/capability.h. */
const NEEDED = (1n << 12n) | (1n << 21n);

export interface Dialled {
  session: ShellSession;
  machineId: string;
}

/**
 * Opens a root shell on a host. Where the network fails it tries as often as `dialErrorLimit` of
 * the connection says. Throws Unreachable, or an Error when the host isn't fit: no rights, or a
 * tool is missing.
 */
export async function dial(
  address: SshAddress,
  { fresh = false, tries = triesOf(address), say = print } = {},
): Promise<Dialled> {
  const name = hostName(address);
  for (let tried = 1; ; tried++) {
    try {
      return await open(address, fresh);
    } catch (error) {
      if (!(error instanceof Unreachable) || !error.transient || tried >= tries)
        throw error instanceof Unreachable ? error.after(tried) : error;
      say(
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
      const { stdout, stderr } = await session.script(LOOK);
      return { session, machineId: readLook(name, stdout, stderr) };
    } catch (error) {
      session.close();
      throw error;
    }
  });
}

/** The machine's id. Throws an Error when the host isn't fit, or doesn't tell whether it is. */
export function readLook(name: string, stdout: string, stderr: string): string {
  const [, capabilities = "", machineId = "", missing = "", tools = ""] = LOOKED.exec(stdout) ?? [];
  if (capabilities === "" || !isWhole(tools))
    throw new Error(`${name} does not tell what may be done there: ${JSON.stringify(`${stdout}${stderr}`)}`);
  if (missing.trim() !== "")
    throw new Error(
      `${name} lacks what changes a network: ${missing.trim()}. Install it there (Debian: apt-get install iproute2 iptables procps util-linux)`,
    );
  const unfit = unfitMessage(readTools(tools), ALWAYS, name, true);
  if (unfit !== undefined) throw new Error(unfit);
  if ((BigInt(`0x${capabilities}`) & NEEDED) !== NEEDED)
    throw new Error(
      `the user that logs in at ${name} may not change its network: log in as root, or leave become at "sudo"; nothing was touched`,
    );
  return machineId;
}
