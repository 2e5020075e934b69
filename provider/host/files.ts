import { rmSync, writeFileSync } from "node:fs";
import {
  access,
  constants,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  statfs,
  writeFile,
} from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { unreadable } from "../kernel/errors.js";
import type { Mount } from "../kernel/read-only.js";
import { failure } from "./exec.js";

const ETC = "/etc/netns";

/**
 * Tells that we made /etc/netns itself, so it goes with the last namespace in it. It is a file,
 * since the folder outlives a reboot.
 */
const MADE_BY_US = `${ETC}/.pulumi-hostnet`;

/**
 * What a name in /run/netns leads to. A dead one is a file that no namespace is mounted on, or a
 * link into nothing: `ip netns add` says that it exists, and nobody can enter it.
 */
export type NameState = "namespace" | "dead" | "none";

/** The type of the filesystem on which namespaces are, in hexadecimal (NSFS_MAGIC). */
export const NAMESPACE_FILESYSTEM = "6e736673";

export async function namespaceState(name: string): Promise<NameState> {
  const path = `/run/netns/${name}`;
  const found = await statfs(path).catch(absent(undefined));
  if (found) return found.type.toString(16) === NAMESPACE_FILESYSTEM ? "namespace" : "dead";
  return (await lstat(path).catch(absent(undefined))) ? "dead" : "none";
}

/** Namespace → text of its resolv.conf, for those that have one. Most have no folder. */
export async function readResolvConfs(namespaces: string[] | "all"): Promise<Map<string, string>> {
  if (namespaces.length === 0) return new Map();
  const there = await readdir(ETC).catch(absent<string[]>([]));
  const wanted = new Set(namespaces === "all" ? there : namespaces);
  const names = there.filter((name) => wanted.has(name));
  const texts = await Promise.all(
    names.map((name) => readFile(`${ETC}/${name}/resolv.conf`, "utf8").catch(absent(undefined))),
  );
  return new Map(names.flatMap((name, index) => (texts[index] === undefined ? [] : [[name, texts[index]] as const])));
}

/**
 * Writes a namespace's resolv.conf atomically, and its folders where they are missing. Leaves
 * nothing where it fails. Throws HostError.
 */
export async function writeResolvConf(namespace: string, content: string): Promise<void> {
  const file = `${ETC}/${namespace}/resolv.conf`;
  try {
    if (await makeFolder(ETC))
      await writeFile(MADE_BY_US, "pulumi-hostnet made this folder and removes it with the last one in it\n");
    await makeFolder(`${ETC}/${namespace}`);
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  } catch (error) {
    await rm(`${file}.new`, { force: true }).catch(() => {});
    await removeFolders(namespace).catch(() => {});
    failing("write", file)(error as Error);
  }
}

/** Makes a HostError of what Node says of a file. */
const failing = (verb: "write" | "rm", file: string) => (error: Error) => {
  throw failure([verb, file], error.message);
};

/** Makes a folder where there is none; did it? `recursive` would call a read-only one missing. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a namespace's resolv.conf, and its folder when that is empty then. /etc/netns goes when
 * we made it and it is empty.
 */
export async function removeResolvConf(namespace: string): Promise<void> {
  const file = `${ETC}/${namespace}/resolv.conf`;
  await rm(file, { force: true }).catch(failing("rm", file));
  await removeFolders(namespace);
}

async function removeFolders(namespace: string): Promise<void> {
  await rmdir(`${ETC}/${namespace}`).catch(() => {});
  const rest = await readdir(ETC).catch(absent<string[]>([]));
  if (rest.length === 1 && `${ETC}/${rest[0]}` === MADE_BY_US) {
    await rm(MADE_BY_US);
    await rmdir(ETC).catch(() => {});
  }
}

/** Where it is noted whose a namespace is to become while it is being made: see netns-claim.ts. */
export const notePath = (namespace: string): string => `/run/pulumi-hostnet.netns.${namespace}`;

/**
 * Writes notes for some namespaces: namespace → text. They are small, so to wait for each would
 * cost more than to write it.
 */
export async function writeNotes(notes: ReadonlyMap<string, string>): Promise<void> {
  for (const [namespace, text] of notes) {
    const file = notePath(namespace);
    try {
      writeFileSync(file, text);
    } catch (error) {
      failing("write", file)(error as Error);
    }
  }
}

/** Removes the notes of some namespaces; mostly there are none. */
export async function removeNotes(namespaces: string[]): Promise<void> {
  const there = new Set(await readdir(dirname(notePath(""))).catch(absent<string[]>([])));
  for (const file of namespaces.map(notePath)) if (there.has(basename(file))) rmSync(file, { force: true });
}

/** Something below each that is there on every machine; the first that is there counts. */
export const WRITTEN: Record<Mount, string[]> = {
  "/proc/sys": ["/proc/sys/net/ipv4/ip_forward"],
  "/etc": [ETC, "/etc"],
  "/run": ["/run/netns", "/run"],
};

/** Which of them are mounted read-only. */
export async function readOnly(): Promise<Mount[]> {
  const found = await Promise.all(
    Object.entries(WRITTEN).map(async ([mount, paths]) => {
      for (const path of paths) {
        const code = await access(path, constants.W_OK).then(() => "", codeOf);
        if (code !== "ENOENT") return code === "EROFS" ? [mount as Mount] : [];
      }
      return [];
    }),
  );
  return found.flat();
}

const codeOf = ({ code }: NodeJS.ErrnoException) => code;

/** What tells this machine from others; its name where systemd left no id. */
export async function machineId(): Promise<string> {
  return (await readFile("/etc/machine-id", "utf8").catch(absent(""))).trim() || hostname();
}

/** The effective capabilities of this process, as a bit mask. */
export async function effectiveCapabilities(): Promise<bigint> {
  const status = await readFile("/proc/self/status", "utf8");
  const [, mask] = /^CapEff:\s*([0-9a-f]+)\n/m.exec(status) ?? [];
  if (mask === undefined) throw unreadable("/proc/self/status", "it says nothing of capabilities (CapEff)");
  return BigInt(`0x${mask}`);
}

function absent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    // A folder in the place of a file is found when it comes to writing.
    if (["ENOENT", "ENOTDIR", "EISDIR", "ELOOP"].includes(error.code ?? "")) return value;
    throw error;
  };
}
