/**
 * How a throw-away host is made: its namespaces and mounts. The script is a constant. A command to
 * run reaches it as arguments, never as text in it.
 */

/**
 * In a sandbox this environment variable has the network namespace that the sandbox was made with.
 */
export const SANDBOX_VARIABLE = "HOSTNET_SANDBOX";

/**
 * Runs as process 1 of the new process namespace. `hold` prints the process id by which the sandbox
 * can be entered, and its network namespace, and then waits for the end of its input. `run` runs a
 * command and ends with its exit status.
 *
 * The id is read before /proc is mounted afresh: the maker's /proc has the number that the maker
 * knows.
 *
 * Where a container masks parts of /proc or /sys, the kernel forbids new ones. Then the old ones
 * have to do.
 *
 * /etc is a copy, so /etc/netns can be made and nothing reaches the machine's. Files that the user
 * may not read aren't copied.
 *
 * The shell stays process 1 while it waits, and reaps orphans.
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
 * The command line that makes a sandbox and runs in it. All ends with the process that started it:
 * setpriv's death signal ends unshare, and --kill-child ends process 1 and so the process
 * namespace.
 */
export function makeSandbox(inUserNamespace: boolean, mode: "hold" | "run", command: readonly string[] = []): string[] {
  return [
    ...["setpriv", "--pdeathsig", "KILL"],
    ...["unshare", ...(inUserNamespace ? ["--user", "--map-root-user"] : [])],
    ...["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"],
    ...["sh", "-c", SCRIPT, "sandbox", mode, ...command],
  ];
}

/**
 * The command line that runs a command in an existing sandbox. The command ends with the process
 * that started it.
 */
export function enterSandbox(inUserNamespace: boolean, pid: number, cwd: string, command: readonly string[]): string[] {
  return [
    ...["nsenter", "--target", String(pid), ...(inUserNamespace ? ["--user", "--preserve-credentials"] : [])],
    ...["--net", "--mount", "--pid", "--", "setpriv", "--pdeathsig", "KILL"],
    ...["env", "-C", cwd, ...command],
  ];
}
