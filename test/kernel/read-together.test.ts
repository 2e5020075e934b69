import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { readNamespaces } from "../../provider/host/read-namespaces.js";
import { product } from "../../provider/product.js";
import { leavesNothing, output } from "../support/host.js";

/** Two that are read at the same time have the same number. */
const PAIRS = ["0", "1", "2"].map((each) => [`a${each}`, `b${each}`]);
const NAMES = PAIRS.flat();

/**
 * An `ip` that says more than a pipe takes, once the one for the other of its pair has begun. It
 * fails where that doesn't begin.
 */
const MEETING = `#!/bin/sh
case $2 in a*) other=b\${2#a} ;; *) other=a\${2#b} ;; esac
cd "\${0%/*}"
: >"met-$2"
tries=0
until [ -e "met-$other" ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { echo "$other has not begun" >&2; exit 1; }
  sleep 0.05
done
printf '[%200000s]\\n[]\\n' ''
`;

it("namespaces are read two at a time to the end, however much is said of them", () =>
  leavesNothing(async () => {
    const folder = mkdtempSync(join(tmpdir(), "hostnet-together-"));
    const real = localExec();
    const exec: Exec = (argv, reads) => real(["env", `PATH=${folder}:${process.env.PATH}`, ...argv], reads);
    for (const name of NAMES) await output(["ip", "netns", "add", name]);
    try {
      writeFileSync(join(folder, "ip"), MEETING, { mode: 0o755 });
      const { namespaces, unread, deadNames } = await readNamespaces(exec, NAMES, product.linkOptions);
      expect([...unread.values()]).toEqual([]);
      expect([...namespaces.keys()].sort()).toEqual(NAMES.toSorted());
      expect([...deadNames]).toEqual([]);
    } finally {
      for (const name of NAMES) await output(["ip", "netns", "delete", name]);
      rmSync(folder, { recursive: true });
    }
  }));
