import { existsSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { leavesNothing, output, whyNotRoot } from "../support/host.js";
import { describeWords, expectWords, type Situation } from "../support/situation.js";
import { Stack } from "./stack.js";

/** A file system of its own on a folder, with so much room. */
const small = (folder: string, room: string) => `mkdir -p ${folder}; mount -t tmpfs -o ${room} small ${folder}`;
const full = (folder: string) => `head -c 1M /dev/zero >${folder}/ballast 2>/dev/null || :`;

const NAMED = { kind: "netNamespace", args: { name: "n", nameservers: ["10.0.0.53"] } } as const;
const NOT_WRITTEN = `"/etc/netns/n/resolv.conf" can't be written, for`;
const IN_ITS_PLACE = `nameservers: ${NOT_WRITTEN} something else is in its place: see what (ls -Rl /etc/netns), and move it away`;
const NO_ROOM = `nameservers: ${NOT_WRITTEN} no space or no inode is left for it: free some (df /etc; df -i /etc)`;

const SITUATIONS: Record<string, Situation> = {
  "/etc is read-only": {
    made: "mount -o remount,ro /etc",
    gone: "mount -o remount,rw /etc",
    ...NAMED,
    preview: [
      "nameservers",
      `${NOT_WRITTEN} its file system is read-only: mount it writable (findmnt -T /etc shows it)`,
    ],
    up: `nameservers: ${NOT_WRITTEN} its file system is read-only: mount it writable (findmnt -T /etc shows it)`,
  },
  "/etc/netns has no space": {
    made: `${small("/etc/netns", "size=4k")}; ${full("/etc/netns")}`,
    gone: "umount /etc/netns; rmdir /etc/netns",
    ...NAMED,
    up: NO_ROOM,
  },
  "/etc/netns has no inode": {
    made: small("/etc/netns", "nr_inodes=1"),
    gone: "umount /etc/netns; rmdir /etc/netns",
    ...NAMED,
    up: NO_ROOM,
  },
  "/etc/netns is a file": { made: "touch /etc/netns", gone: "rm /etc/netns", ...NAMED, up: IN_ITS_PLACE },
  "the namespace's folder is a file": {
    made: "mkdir /etc/netns; touch /etc/netns/n",
    gone: "rm -r /etc/netns",
    ...NAMED,
    up: IN_ITS_PLACE,
  },
  "resolv.conf is a folder": {
    made: "mkdir -p /etc/netns/n/resolv.conf",
    gone: "rm -r /etc/netns",
    ...NAMED,
    up: IN_ITS_PLACE,
  },
  "/run has no space": {
    made: `${small("/run", "size=16k")}; mkdir /run/netns; ${full("/run")}`,
    gone: "umount /run",
    ...NAMED,
    up: `name: "/run/pulumi-hostnet.netns.n" can't be written, for no space or no inode is left for it: free some (df /run; df -i /run)`,
  },
  "/run is read-only": {
    made: "mount -o remount,ro /run",
    gone: "mount -o remount,rw /run",
    ...NAMED,
    preview: [
      "name",
      `"/run/netns/n" can't be written, for its file system is read-only: mount it writable (findmnt -T /run shows it)`,
    ],
    up: `name: "/run/pulumi-hostnet.netns.n" can't be written, for its file system is read-only: mount it writable (findmnt -T /run shows it)`,
  },
};

describeWords(SITUATIONS);

it("a run that had no space for a note leaves none", async () => {
  await expectWords(SITUATIONS["/run has no space"]!);
  expect(existsSync("/run/pulumi-hostnet.netns.n")).toBe(false);
});

it("what can't be removed from a read-only /etc is said, and goes with the next run", ({ skip }) =>
  leavesNothing(async () => {
    const reason = whyNotRoot("mount -o remount,ro /etc");
    if (reason !== undefined) skip(reason);
    const stack = new Stack();
    await stack.make("netNamespace", "n", { name: "n", nameservers: ["10.0.0.53"] });
    await output(["mount", "-o", "remount,ro", "/etc"]);
    try {
      await expect(stack.remove("n")).rejects.toThrow(
        `rm /etc/netns/n/resolv.conf failed (read-only): EROFS: read-only file system, unlink '/etc/netns/n/resolv.conf': nameservers: ${NOT_WRITTEN} its file system is read-only: mount it writable (findmnt -T /etc shows it)`,
      );
    } finally {
      await output(["mount", "-o", "remount,rw", "/etc"]);
    }
    await stack.destroy();
  }));

it("what is put into a namespace needs no room in /run", () =>
  leavesNothing(async () => {
    await output(["sh", "-c", `${small("/run", "size=64k")}; mkdir /run/netns`]);
    try {
      const stack = new Stack();
      await stack.make("netNamespace", "n", { name: "n" });
      await output(["sh", "-c", full("/run")]);
      await stack.make("vethPair", "p", {
        name: "p0",
        peer: { name: "p1", namespace: "n", addresses: ["192.0.2.1/24"] },
      });
      expect(await output(["ip", "-n", "n", "-br", "addr"])).toMatch(/p1@.* 192\.0\.2\.1\/24/);
      expect(readdirSync("/run").filter((name) => name.startsWith("hostnet-"))).toEqual([]);
      await stack.destroy();
    } finally {
      await output(["umount", "-l", "/run"]);
    }
  }));
