import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { unreadable } from "../kernel/errors.js";

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

/** Namespace → text of its resolv.conf, for those that have one. */
export async function readResolvConfs(namespaces: string[] | "all"): Promise<Map<string, string>> {
  const names = namespaces === "all" ? await readdir(ETC).catch(absent<string[]>([])) : namespaces;
  const texts = await Promise.all(
    names.map((name) => readFile(`${ETC}/${name}/resolv.conf`, "utf8").catch(absent(undefined))),
  );
  return new Map(names.flatMap((name, index) => (texts[index] === undefined ? [] : [[name, texts[index]] as const])));
}

/** Writes a namespace's resolv.conf atomically, and its folders where they are missing. */
export async function writeResolvConf(namespace: string, content: string): Promise<void> {
  const made = await mkdir(ETC, { recursive: true });
  if (made !== undefined)
    await writeFile(MADE_BY_US, "pulumi-hostnet made this folder and removes it with the last one in it\n");
  await mkdir(`${ETC}/${namespace}`, { recursive: true });
  const file = `${ETC}/${namespace}/resolv.conf`;
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

/**
 * Removes a namespace's resolv.conf, and its folder when that is empty then. /etc/netns goes when
 * we made it and it is empty.
 */
export async function removeResolvConf(namespace: string): Promise<void> {
  await rm(`${ETC}/${namespace}/resolv.conf`, { force: true });
  await rmdir(`${ETC}/${namespace}`).catch(() => {});
  const rest = await readdir(ETC).catch(absent<string[]>([]));
  if (rest.length === 1 && `${ETC}/${rest[0]}` === MADE_BY_US) {
    await rm(MADE_BY_US);
    await rmdir(ETC).catch(() => {});
  }
}

/** Where it is noted whose a namespace is to become while it is being made: see netns-claim.ts. */
export const notePath = (namespace: string): string => `/run/pulumi-hostnet.netns.${namespace}`;

/** Writes one text into the notes of some namespaces. */
export async function writeNotes(namespaces: string[], text: string): Promise<void> {
  await Promise.all(namespaces.map((name) => writeFile(notePath(name), text)));
}

/** Removes the notes of some namespaces; what isn't there is no error. */
export async function removeNotes(namespaces: string[]): Promise<void> {
  await Promise.all(namespaces.map((name) => rm(notePath(name), { force: true })));
}

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
    if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return value;
    throw error;
  };
}
