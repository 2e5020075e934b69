import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * What is killed with SIGKILL when a tool is called: the tool before or after its work, the
 * provider after it, or the engine before it. The embedded engine is its own provider.
 */
export type Victim = "tool before its work" | "tool after its work" | "provider" | "engine";

const TOOLS = ["ip", "iptables-restore", "nft", "sysctl"];

/**
 * Stands in for a tool. At each new command that changes something, the next of the victims is
 * killed. What differs between runs of the same command (temporary folders, the number of a group
 * of links) doesn't make it new.
 */
const SHIM = `#!/bin/sh
tool=\${0##*/}
real=$(PATH=$KILLS_PATH command -v "$tool")
input=/dev/null
case "$tool $*" in
  "ip "*"-j"*) exec "$real" "$@" ;;
  "ip "*"-batch -" | "iptables-restore "* | "nft -f -")
    input=$(mktemp)
    cat >"$input" ;;
  "ip -batch "*) input=$2 ;;
  "sysctl -q -w "*) ;;
  *) exec "$real" "$@" ;;
esac
work() {
  "$real" "$@" <"$input"
}
name=$({ echo "$tool $*"; cat "$input"; } | sed 's#/tmp/hostnet-[A-Za-z0-9]*/#/#g; s/group [0-9]*/group/' | cksum)
cd "$KILLS_FOLDER" || exit 1
echo "$tool $*" >>changes
if [ ! -s victims ] || grep -qxF "$name" killed; then
  work "$@"
  exit $?
fi
victim=$(sed -n "$(($(wc -l <killed) % $(wc -l <victims) + 1))p" victims)
echo "$name" >>killed
echo "$victim: $tool $*" >>log
process=$PPID
provider=
while [ "$process" -gt 1 ]; do
  if [ -z "$provider" ] && tr '\\0' ' ' <"/proc/$process/cmdline" | grep -q dynamic-provider; then provider=$process; fi
  engine=$process
  process=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' "/proc/$process/stat")
  if [ "$process" = "$KILLS_ROOT" ]; then break; fi
done
case $victim in
  "tool before its work") kill -KILL $$ ;;
  "tool after its work") work "$@"; kill -KILL $$ ;;
  provider) work "$@"; kill -KILL "\${provider:-$engine}" ;;
  engine) : >victims; kill -KILL "$engine"; work "$@" ;;
esac
`;

/** A folder for the front of PATH in which the tools are ones that kill. */
export class KillShims {
  private readonly folder = mkdtempSync(join(tmpdir(), "kills-"));

  constructor() {
    for (const tool of TOOLS) {
      writeFileSync(join(this.folder, tool), SHIM);
      chmodSync(join(this.folder, tool), 0o755);
    }
    this.forget();
  }

  /** The environment of an engine whose provider is to use these tools. */
  env(path: string): Record<string, string> {
    return {
      PATH: `${this.folder}:${path}`,
      KILLS_PATH: path,
      KILLS_FOLDER: this.folder,
      KILLS_ROOT: String(process.pid),
    };
  }

  /** From now on these are killed, in turn; the engine once until the next call. */
  arm(victims: readonly Victim[]): void {
    writeFileSync(join(this.folder, "victims"), victims.map((victim) => `${victim}\n`).join(""));
  }

  /** All commands are as if never met. */
  forget(): void {
    this.arm([]);
    for (const file of ["killed", "log", "changes"]) writeFileSync(join(this.folder, file), "");
  }

  /** Who was killed since all was forgotten, and at which command. */
  log(): string[] {
    return readFileSync(join(this.folder, "log"), "utf8").split("\n").filter(Boolean);
  }

  /** The commands that changed something since all was forgotten. */
  changes(): string[] {
    return readFileSync(join(this.folder, "changes"), "utf8").split("\n").filter(Boolean);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
