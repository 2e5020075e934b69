import { setTimeout as sleep } from "node:timers/promises";
import { HostError, unreadable } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import type { NamespaceView, Snapshot } from "../kernel/snapshot.js";
import { namespaceKey, type Unread } from "../kernel/unreadable.js";
import { type Exec, ofThose, TIMEOUT_MS } from "./exec.js";
import { notePath } from "./files.js";
import type { HostFiles, Reached } from "./machine.js";
import type { SeenNamespaces } from "./read-namespaces.js";
import type { Task } from "./task.js";
import { writing } from "./writing.js";

/**
 * A namespace is made and then marked. A kill between the two would leave one that is nobody's, and
 * the next run would refuse it. So before it is made, its mark is noted in /run, which a reboot
 * empties as it empties /run/netns.
 *
 * Runs `work`, which makes and marks namespaces, with their marks noted until they are set. A
 * namespace that is there already, unmarked, is judged by the age of its note. So that note stays
 * as old as it is, and stays until its namespace is marked.
 */
export async function withClaims({ exec, files }: Reached, tasks: Task[], work: () => Promise<void>): Promise<void> {
  const claims = tasks.flatMap((task) => task.steps.flatMap(claimOf).map((claim) => ({ ...claim, task })));
  const made = claims.filter(({ namespace, task }) => task.steps.some((step) => makes(step, namespace)));
  const notes = new Map(made.map(({ namespace, mark }) => [namespace, `${namespace} ${mark}\n`]));
  const [first] = notes.keys();
  if (first !== undefined) await writing("write", notePath(first), "name", () => noted(files, notes));
  await work();
  const marked = claims.filter(({ task }) => !task.error).map(({ namespace }) => namespace);
  const failed = claims.filter(({ task }) => task.error).map(({ namespace }) => namespace);
  // A note that stays is no harm: it counts for an unmarked namespace that is as old as itself.
  if (marked.length > 0) await files.removeNotes(marked).catch(() => {});
  if (failed.length > 0) await exec(["sh", "-c", FORGET_GONE, "sh", ...failed]);
}

/**
 * Removes namespaces, and their notes, which a run that was killed has left. A kill can come here
 * too, and nobody looks for a note without a namespace: the note goes first where the namespace
 * bears its mark, and last where the note is all that tells its owner.
 */
export async function withoutClaims(
  { files }: Reached,
  { tasks, before }: { tasks: Task[]; before: Pick<Snapshot, "namespaces"> },
  work: () => Promise<void>,
): Promise<void> {
  const gone = tasks.flatMap(({ steps }) => steps.flatMap(removedBy));
  const isMarked = (name: string) => before.namespaces.get(name)?.links.get("lo")?.alias !== undefined;
  const [marked, others] = [gone.filter(isMarked), gone.filter((name) => !isMarked(name))];
  if (marked.length > 0) await files.removeNotes(marked);
  await work();
  const failed = new Set(tasks.flatMap(({ steps, error }) => (error ? steps.flatMap(removedBy) : [])));
  const left = others.filter((name) => !failed.has(name));
  if (left.length > 0) await files.removeNotes(left);
}

const removedBy = (step: Step): string[] => (step.do === "netns.delete" ? [step.name] : []);

/** Writes notes, all or none. */
async function noted(files: HostFiles, notes: ReadonlyMap<string, string>): Promise<void> {
  try {
    await files.writeNotes(notes);
  } catch (error) {
    await files.removeNotes([...notes.keys()]).catch(() => {});
    throw error;
  }
}

/** Removes the notes of those namespaces that aren't there. */
const FORGET_GONE = `for name; do [ -e "/run/netns/$name" ] || rm -f "${notePath("$name")}"; done`;

/**
 * Gives a namespace that nothing has been done to but to make it the mark that its maker had noted
 * for it, and so a dead name: the maker may have been killed before there was a namespace. Returns
 * those of which that can't be told. Throws HostError.
 */
export async function readClaims(
  exec: Exec,
  { namespaces, deadNames }: Pick<SeenNamespaces, "namespaces" | "deadNames">,
): Promise<Map<string, Unread>> {
  const unread = new Map<string, Unread>();
  const bare = [...[...namespaces].filter(([, view]) => isUntouched(view)), ...deadNames];
  if (bare.length === 0) return unread;
  const argv = ["cat", ...bare.map(([name]) => notePath(name))];
  const { stdout } = ofThose(argv, await exec(argv));
  // A killed run may have written half a line.
  const lines = stdout.split("\n").slice(0, -1);
  const marks = new Map(lines.map((line) => line.split(" ") as [string, string]));
  for (const [name, found] of bare.filter(([name]) => marks.has(name)))
    try {
      const isTheMakers = (await isOfNote(exec, name)) && (deadNames.has(name) || (await isEmpty(exec, name)));
      if (isTheMakers) found.claim = marks.get(name);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      unread.set(namespaceKey(name), unknown(name, error));
    }
  return unread;
}

const unknown = (name: string, error: HostError): Unread => ({
  what: `Network namespace ${name}`,
  why: `a run was killed while it made it, and what is in it can't be told: ${error.message.split("\n")[0]}`,
  cure: `See that this command works, or take it away (\`ip netns del ${name}\`), and run again.`,
});

/**
 * Was it made while its note was fresh? The run may have been killed before it made anything, and
 * somebody else have made a namespace of that name since. A namespace's file is as old as its name,
 * and no command of ours takes longer than its timeout.
 */
async function isOfNote(exec: Exec, namespace: string): Promise<boolean> {
  const argv = ["stat", "-c", "%Y", notePath(namespace), `/run/netns/${namespace}`];
  const { stdout, exitCode } = ofThose(argv, await exec(argv));
  if (exitCode !== 0) return false;
  const [, noted = "", made = ""] = /^(\d+)\n(\d+)\n$/.exec(stdout) ?? [];
  if (made === "") throw unreadable("stat", `it says ${JSON.stringify(stdout)}`);
  // Filesystems take the time from clocks that differ by a tick, and a tick can be the next second.
  const age = Number(made) - Number(noted);
  return age >= -1 && age <= TIMEOUT_MS / 1000;
}

const isEmpty = async (exec: Exec, namespace: string): Promise<boolean> =>
  (await isDeserted(exec, namespace)) && (await isSilent(exec, inside(namespace, "nft", "list", "ruleset")));

/**
 * Another run of ours, `ip -n` or a monitor is a process in the namespace for milliseconds. Only
 * one that stays counts.
 */
async function isDeserted(exec: Exec, namespace: string): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks++) {
    if (looks > 0) await sleep(PAUSE_MS);
    if (await isSilent(exec, ["ip", "netns", "pids", namespace])) return true;
  }
  return false;
}

const LOOKS = 10;
const PAUSE_MS = 100;

async function isSilent(exec: Exec, command: string[]): Promise<boolean> {
  const { exitCode, stdout } = ofThose(command, await exec(command));
  return exitCode === 0 && stdout.trim() === "";
}

const inside = (namespace: string, ...command: string[]) => ["ip", "netns", "exec", namespace, ...command];

/** What the kernel itself puts into a new namespace, the tunnels where their modules are loaded. */
const NATIVE = /^(lo|tunl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|sit0|ip6tnl0|ip6gre0)$/;

function isUntouched({ links, routes }: NamespaceView): boolean {
  if (![...links.keys()].every((name) => NATIVE.test(name))) return false;
  const touched = [...links.values()].some((link) => link.up || link.alias !== undefined || link.addresses.length > 0);
  return !touched && routes.length === 0;
}

const makes = (step: Step, namespace: string) => step.do === "netns.add" && step.name === namespace;

/** The alias of its `lo` is a namespace's mark. */
const claimOf = (step: Step): { namespace: string; mark: string }[] => {
  if (step.do !== "link.set" || step.name !== "lo") return [];
  const { namespace, set } = step;
  return namespace === undefined || set.alias === undefined ? [] : [{ namespace, mark: set.alias }];
};
