/** Comes before a holder's name among the words of its command line. */
export const HOLDER = "pulumi-hostnet: ";

/** Where the files of locks lie while they are held. */
const FOLDER = "/run/pulumi-hostnet";

/**
 * The lock of a network namespace, as functions of a POSIX shell, here and over ssh. `hn_take FILE
 * SECONDS` takes the lock of the namespace that FILE stands for. With exit code 1 another process
 * holds it; three lines then tell that process and its user, its name, and its command.
 * `hn_release` gives the lock back. The end of the shell gives it back too.
 *
 * The lock is two locks of flock(2):
 *
 * - A file in a folder of mode 0700 of root. Its name is the inode of the namespace. The file is
 *   removed with each release, so a shell that has waited for it checks that it still has that
 *   name.
 * - The file of the namespace itself. Former releases lock nothing else, and containers with a /run
 *   of their own share it. Every user can lock it, so a holder that may not change the network
 *   doesn't count. It is the only lock where /run can't be written; then each holder counts.
 */
export const LOCK_FUNCTIONS = `
hn_dir=${FOLDER} hn_held=
hn_take() {
  hn_net=$1 hn_seconds=$2 hn_end=
  hn_inode=$(stat -Lc %i "$hn_net") || return 2
  hn_take_file && hn_take_net && return
  hn_code=$?
  hn_release
  return $hn_code
}
hn_take_file() {
  hn_tries=0
  while [ $hn_tries -lt 100 ]; do
    [ -e "$hn_dir" ] || mkdir -m 700 "$hn_dir" 2>/dev/null || [ -w /run ] || return 0
    [ ! -e "$hn_dir" ] || [ -L "$hn_dir" ] || [ -w "$hn_dir" ] || return 0
    case $(stat -c '%F %u %a' "$hn_dir" 2>/dev/null) in
    "directory 0 700" | "") ;;
    *) echo "$hn_dir is not root's alone (a folder of mode 700): remove it" >&2; return 2 ;;
    esac
    if { command exec 9>>"$hn_dir/$hn_inode"; } 2>/dev/null; then
      flock -n 9 || { hn_clock && flock -w "$hn_left" 9; } || { hn_tell 9; return 1; }
      if [ /proc/self/fd/9 -ef "$hn_dir/$hn_inode" ]; then
        hn_held=$hn_dir/$hn_inode
        return 0
      fi
      exec 9>&-
    else
      # Another run has just removed the folder, if it can be made at all.
      hn_tries=$((hn_tries + 1))
    fi
  done
  echo "no file can be made in $hn_dir" >&2
  return 2
}
hn_take_net() {
  { command exec 8<"$hn_net"; } || return 2
  flock -n 8 && return
  until hn_powerless; do
    hn_clock || { hn_tell 8; return 1; }
    flock -w 1 8 && return
  done
  exec 8<&-
}
hn_clock() {
  hn_now=$(date +%s)
  hn_end=\${hn_end:-$((hn_now + hn_seconds))}
  hn_left=$((hn_end - hn_now))
  [ $hn_left -gt 0 ]
}
hn_powerless() {
  [ -n "$hn_held" ] || return 1
  hn_pids=$(hn_holders 8)
  for hn_pid in $hn_pids; do hn_may_change "$hn_pid" && return 1; done
  [ -n "$hn_pids" ]
}
hn_holders() {
  hn_device=$(stat -Lc %d "/proc/self/fd/$1")
  hn_where=$(printf '%02x:%02x:%s' $((hn_device >> 8 & 4095)) $((hn_device & 255 | hn_device >> 12 & 1048320)) \\
    "$(stat -Lc %i "/proc/self/fd/$1")")
  printf '%s\\0' /proc/[0-9]*/fdinfo/* | xargs -0 grep -ls "FLOCK.* $hn_where " 2>/dev/null | cut -d / -f 3 | sort -nu
}
hn_may_change() {
  hn_space=$(readlink "/proc/$1/ns/user") || return 0
  [ "$hn_space" = "$(readlink /proc/self/ns/user)" ] && [ ! -u "/proc/$1/exe" ] || return 1
  hn_rights=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$1/status")
  [ $((0x\${hn_rights:-0} & 0x201000)) = $((0x201000)) ]
}
hn_tell() {
  for hn_pid in $(hn_holders "$1"); do
    hn_name=$(tr '\\0' '\\n' <"/proc/$hn_pid/cmdline" | grep '^${HOLDER}' | head -n 1)
    [ -z "$hn_name" ] || hn_pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$hn_pid/status")
    printf '%s %s\\n%s\\n' "$hn_pid" "$(stat -c %U "/proc/$hn_pid")" "\${hn_name#${HOLDER}}"
    tr '\\0\\n' '  ' <"/proc/$hn_pid/cmdline" | cut -c 1-200
    return
  done
}
hn_release() {
  if [ -n "$hn_held" ]; then
    rm -f "$hn_held"
    for hn_other in "$hn_dir"/*; do
      [ ! -e "$hn_other" ] || (flock -n 9 && [ /proc/self/fd/9 -ef "$hn_other" ] && rm -f "$hn_other") 9>>"$hn_other"
    done 2>/dev/null
    rmdir "$hn_dir" 2>/dev/null
  fi
  exec 8<&- 9>&-
  hn_held=
}
`;
