import type { Mount } from "../kernel/read-only.js";
import type { Exec } from "./exec.js";
import type { NameState } from "./files.js";

/** The few files of a machine that belong to its network namespaces. */
export interface HostFiles {
  /** What a name of a network namespace leads to. */
  namespaceState(name: string): Promise<NameState>;
  /** Namespace → text of /etc/netns/NAMESPACE/resolv.conf, for those that have one. */
  readResolvConfs(namespaces: string[] | "all"): Promise<Map<string, string>>;
  /** Writes a namespace's resolv.conf atomically, and its folders where they are missing. */
  writeResolvConf(namespace: string, content: string): Promise<void>;
  /**
   * Removes a namespace's resolv.conf, and its folder when that is empty then. /etc/netns goes when
   * we made it and it is empty.
   */
  removeResolvConf(namespace: string): Promise<void>;
  /** Notes whose some namespaces are to become, a line for each namespace: see netns-claim.ts. */
  writeNotes(notes: ReadonlyMap<string, string>): Promise<void>;
  /** Removes the notes of some namespaces; what isn't there is no error. */
  removeNotes(namespaces: string[]): Promise<void>;
  /** Which of what is written there are mounted read-only. */
  readOnly(): Promise<Mount[]>;
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
   * Runs `work` so that its commands reach the machine as one, see ssh/together.ts. They are known
   * beforehand as long as none fails. Undefined where a machine can't be lost half-way.
   */
  together?: <T>(work: (on: Reached, rehearsal: boolean) => Promise<T>) => Promise<T>;
  /**
   * Runs `work`. The machine takes it back with the commands of `revert` unless it can be reached
   * again within so many seconds, see ssh/guard.ts. Only a machine that can be lost has it.
   */
  guarded?: <T>(seconds: number, revert: (on: Reached) => Promise<void>, work: () => Promise<T>) => Promise<T>;
  /**
   * Runs `work` while no other run, of any stack and from anywhere, changes this network namespace.
   */
  locked<T>(holder: string, work: () => Promise<T>): Promise<T>;
}
