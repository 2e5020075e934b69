import type { Exec } from "./exec.js";

/** The few files of a machine that belong to its network namespaces. */
export interface HostFiles {
  /** Names of the named network namespaces. */
  listNamespaces(): Promise<string[]>;
  /** Namespace → text of /etc/netns/NAMESPACE/resolv.conf, for those that have one. */
  readResolvConfs(namespaces: string[] | "all"): Promise<Map<string, string>>;
  /** Writes a namespace's resolv.conf atomically, and its folders where they are missing. */
  writeResolvConf(namespace: string, content: string): Promise<void>;
  /** Removes a namespace's resolv.conf, its folder when that is empty then, and /etc/netns when we made it and it is empty then. */
  removeResolvConf(namespace: string): Promise<void>;
  /** Writes one text into the notes of some namespaces, which say whose they are to become: see netns-claim.ts. */
  writeNotes(namespaces: string[], text: string): Promise<void>;
  /** Removes the notes of some namespaces; what isn't there is no error. */
  removeNotes(namespaces: string[]): Promise<void>;
  /** What tells this machine from others; its name where systemd left no id. */
  machineId(): Promise<string>;
}

/** What changes a machine. */
export type Reached = Pick<Machine, "exec" | "files">;

/** A machine as the host's code sees it, this one or one over ssh. */
export interface Machine {
  /** Runs a command in the network namespace that is the host. */
  exec: Exec;
  files: HostFiles;
  /**
   * Runs `work`, whose commands are known beforehand as long as none fails, so that they reach the machine as one: see ssh/together.ts. Where
   * a machine can't be lost half-way, there is none.
   */
  together?: <T>(work: (on: Reached, rehearsal: boolean) => Promise<T>) => Promise<T>;
  /**
   * Runs `work`, which the machine takes back with the commands of `revert` unless it can be reached again within so many seconds: see
   * ssh/guard.ts. Only a machine that can be lost has it.
   */
  guarded?: <T>(seconds: number, revert: (on: Reached) => Promise<void>, work: () => Promise<T>) => Promise<T>;
  /** Runs `work` while no other run, of whatever stack and from wherever, changes the same network namespace. */
  locked<T>(holder: string, work: () => Promise<T>): Promise<T>;
}
