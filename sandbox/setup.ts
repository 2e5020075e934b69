/**
 * How a throw-away host is made: which namespaces, and what is mounted in them. The script is a constant; a command to
 * run reaches it as arguments, never as text in it.
 */

/** The environment variable by which a process knows that it runs in a sandbox: the network namespace that it was made with. */
export const SANDBOX_VARIABLE = "HOSTNET_SANDBOX";

/**
 * Runs as process 1 of the new process namespace. `hold` prints the process id by which the sandbox can be entered and its
 * network namespace, and then waits for the end of its input; `run` runs a command and ends with its exit status.
 *
 * - The id is read before /proc is mounted afresh: the maker's /proc says the number that the maker knows.
 * - Where a container masks parts of /proc or /sys, the kernel forbids new ones: the old ones do, less prettily.
 * - /etc is a copy, so that /etc/netns can be made and nothing reaches the machine's. What a user may not read isn't copied.
 * - The shell stays process 1 while it waits: it reaps what is orphaned in here.
 */
const SCRIPT = `
set -e
read -r outer rest </proc/self/stat
mount -t proc proc /proc 2>/dev/null || :
mount -t sysfs sysfs /sys 2>/dev/null || :
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns /run/etc
mount -t tmpfs -o mode=755 tmpfs /run/etc
cp -a --no-preserve=ownership /etc/. /run/etc/ 2>/dev/null || :
rm -rf /run/etc/netns
mount --move /run/etc /etc
rmdir /run/etc
ip link set lo up
bridged=/proc/sys/net/bridge/bridge-nf-call-iptables
if [ -e $bridged ]; then echo 1 >$bridged; fi
${SANDBOX_VARIABLE}=$(readlink /proc/self/ns/net)
export ${SANDBOX_VARIABLE}
mode=$1
shift
if [ "$mode" = run ]; then
  set +e
  "$@"
  exit $?
fi
echo "$outer $${SANDBOX_VARIABLE}"
cat >/dev/null
`;

/**
 * The command line that makes a sandbox and runs in it. All dies with the process that started it: unshare by setpriv's
 * death signal, and with it (--kill-child) process 1 and so the whole process namespace.
 */
export function makeSandbox(inUserNamespace: boolean, mode: "hold" | "run", command: readonly string[] = []): string[] {
  return [
    ...["setpriv", "--pdeathsig", "KILL"],
    ...["unshare", ...(inUserNamespace ? ["--user", "--map-root-user"] : [])],
    ...["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"],
    ...["sh", "-c", SCRIPT, "sandbox", mode, ...command],
  ];
}

/** The command line that runs a command in a sandbox that is there; the command dies with the process that started it. */
export function enterSandbox(inUserNamespace: boolean, pid: number, cwd: string, command: readonly string[]): string[] {
  return [
    ...["nsenter", "--target", String(pid), ...(inUserNamespace ? ["--user", "--preserve-credentials"] : [])],
    ...["--net", "--mount", "--pid", "--", "setpriv", "--pdeathsig", "KILL"],
    ...["env", "-C", cwd, ...command],
  ];
}
