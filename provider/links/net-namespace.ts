import { z } from "zod";
import type { Definition } from "../definition.js";
import { nameserver } from "../kernel/address.js";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import type { LinkSettings, Step } from "../kernel/plan.js";
import { type Mount, readOnlyFile } from "../kernel/read-only.js";
import type { NamespaceView, Snapshot } from "../kernel/snapshot.js";
import { inNamespace, whyNotSettable } from "../kernel/sysctl-words.js";
import { domain, namespaceName, sysctlKey, sysctlValue } from "../kernel/values.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, goesWith, isOf, markDrift, wantedAlias, wantedMark } from "../ownership/mark.js";
import { originNotes } from "../ownership/notes.js";
import { mustBeOurs, refusedBy } from "../ownership/refuse.js";
import { deadWords } from "./dead-name.js";
import { declaredSysctls, interfaceOf, isWaiting } from "./interface-sysctls.js";
import { settingStep } from "./link-steps.js";

const args = {
  name: namespaceName,
  /** resolv.conf(5): the resolver reads the first three. */
  nameservers: z
    .array(nameserver)
    .max(3, {
      error: "has more than three addresses, and the resolver reads three (resolv.conf(5)): leave out the rest",
    })
    .default([]),
  searchDomains: z.array(domain).default([]),
  sysctls: z.record(sysctlKey, sysctlValue).default({}),
};

const schema = z.strictObject(args);
const state = z.strictObject({ ...args, ...originNotes, path: z.string().optional() });

type Desired = z.infer<typeof schema>;

/**
 * The text of /etc/netns/NAME/resolv.conf, which `ip netns exec` mounts over /etc/resolv.conf;
 * undefined when nothing is to be in it.
 */
function resolvConf({ nameservers, searchDomains }: Desired, mark: string): string | undefined {
  if (nameservers.length === 0 && searchDomains.length === 0) return undefined;
  const search = searchDomains.length > 0 ? [`search ${searchDomains.join(" ")}`] : [];
  return `${[`# ${mark}`, ...search, ...nameservers.map((address) => `nameserver ${address}`)].join("\n")}\n`;
}

const markOfFile = (text: string | undefined) => /^# (hostnet:\S+)/.exec(text ?? "")?.[1];

/** Everything but the mark's readable tail, which a renamed resource changes. */
const body = (text: string | undefined) => text?.replace(/^# hostnet:.*\n/, "");

/** The mark is the alias of `lo`, or the note of a run that was killed before it set one. */
const markIn = (view: NamespaceView | undefined) => view?.links.get("lo")?.alias ?? view?.claim;

/** The namespace on the host, when it is ours. */
function observe(desired: Desired, host: Snapshot, context: Context): NamespaceView | undefined {
  const { name } = desired;
  const view = host.namespaces.get(name);
  if (view) mustBeOurs(`network namespace ${name}`, markIn(view), context);
  if (host.deadNames?.has(name)) mustBeOurs(deadWords(name), markOfDead(name, host, context), context);
  return view;
}

/**
 * Of a dead name nothing is left that could bear a mark. It is that of the resource which has it in
 * the state, but where the note of a killed run says otherwise.
 */
const markOfDead = (name: string, host: Snapshot, context: Context): string | undefined => {
  const found = host.deadNames?.get(name);
  return found && (found.claim ?? (context.previous && context.mark));
};

/** The mark on what is there, alive or dead. */
const markOn = (name: string, host: Snapshot, context: Context): string | undefined =>
  markIn(host.namespaces.get(name)) ?? markOfDead(name, host, context);

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  const now = observe(desired, host, context);
  const steps: Step[] = [];
  const isDead = host.deadNames?.has(name) === true;
  const missing = drift("name", isDead ? "a dead name" : undefined, name);
  if (isDead) steps.push({ do: "netns.delete", name, why: missing });
  if (!now) steps.push({ do: "netns.add", name, undo: { do: "netns.delete", name }, why: missing });
  const lo = now?.links.get("lo");
  const setLo = (set: LinkSettings, why: string) =>
    steps.push(settingStep({ name: "lo", namespace: name }, set, undefined, now ? why : missing));
  const mark = wantedAlias(lo?.alias, context);
  if (lo?.alias !== mark) setLo({ alias: mark }, drift(`mark of ${name}`, lo?.alias, mark));
  if (!lo?.up) setLo({ up: true }, drift("state of lo", "down", "up"));
  for (const [key, value] of Object.entries(desired.sysctls)) {
    if (isWaiting(key, now)) continue;
    const before = now?.sysctls.get(key);
    if (before !== value)
      steps.push({
        do: "sysctl",
        namespace: name,
        key,
        value,
        undo: before,
        why: now ? drift(`sysctls.${key}`, before, value) : missing,
      });
  }
  steps.push(...resolvConfSteps(desired, host, context));
  return steps;
}

/** The file outlives the namespace and a reboot, so it is judged by itself. */
function resolvConfSteps(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  const found = host.resolvConfs.get(name);
  const wanted = resolvConf(desired, context.mark);
  const path = `/etc/netns/${name}/resolv.conf`;
  if (body(found) === body(wanted)) return found && wanted ? remarking(found, wanted, name, context) : [];
  if (found !== undefined && wanted !== undefined) mustBeOurs(path, markOfFile(found), context);
  if (wanted === undefined && !goesWith(markOfFile(found), context)) return [];
  const why = wrongFile(path, found, desired);
  return [{ do: "resolvConf", namespace: name, content: wanted ?? null, undo: found ?? null, why }];
}

/** A file that differs in its mark alone. Nobody's stays nobody's. */
function remarking(found: string, wanted: string, name: string, context: Context): Step[] {
  const mark = markOfFile(found);
  if (belongsTo(mark, context) !== "ours" || mark === wantedMark(mark, context)) return [];
  const [why = ""] = markDrift({ mark: mark! }, context);
  return [{ do: "resolvConf", namespace: name, content: wanted, undo: found, why }];
}

/** What a resolv.conf(5) says. */
function fileAsFound(text: string | undefined) {
  const lines = (body(text) ?? "").split("\n").filter(Boolean);
  const said = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? line.split(/\s+/).slice(1) : []));
  return { lines, nameservers: said("nameserver"), searchDomains: said("search") };
}

/**
 * Names the argument that a line of resolv.conf(5) says otherwise. For any other line it names the
 * file.
 */
function wrongFile(path: string, found: string | undefined, desired: Desired): string {
  const { lines, nameservers, searchDomains } = fileAsFound(found);
  const wrong = [
    ["nameservers", nameservers, desired.nameservers] as const,
    ["searchDomains", searchDomains, desired.searchDomains] as const,
  ].filter(([, is, wanted]) => is.join(" ") !== wanted.join(" "));
  if (wrong.length > 0) return wrong.map(([argument, is, wanted]) => drift(argument, is, wanted)).join("; ");
  if (lines.length === 0) return drift(path, "a file of ours", undefined);
  const others = lines.filter((line) => !/^(nameserver|search) /.test(line));
  return drift(path, others.length > 0 ? others : "another order", "nameservers and searchDomains only");
}

/** What the host as it is wouldn't take of it. */
function unfit(desired: Desired, host: Snapshot, context: Context): Refusal[] {
  const { name, sysctls, nameservers, searchDomains } = desired;
  const isNew = !host.namespaces.has(name);
  const writable = (mount: Mount, argument: string, file: string) => {
    if (host.readOnly?.includes(mount)) throw new Refusal(argument, readOnlyFile(file, mount));
  };
  const servers = nameservers.length === 0 && searchDomains.length > 0 ? "searchDomains" : "nameservers";
  const needsFile = () => resolvConfSteps(desired, host, { ...context, adopt: true }).length > 0;
  return refusedBy(
    () => isNew && writable("/run", "name", `/run/netns/${name}`),
    () => needsFile() && writable("/etc", servers, `/etc/netns/${name}/resolv.conf`),
    ...Object.entries(isNew ? sysctls : {}).map(([key, value]) => () => {
      const is = mayComeLater(key) ? undefined : host.newSysctls?.get(key);
      const why = is && whyNotSettable(is, key, value, inNamespace(name));
      if (why) throw new Refusal(`sysctls.${key}`, why);
    }),
  );
}

/** An interface, or the module of a protocol, can come while the program is run. */
const mayComeLater = (key: string) => isWaiting(key, undefined) || !/^net\.(core|ipv4|ipv6)\./.test(key);

const removal = (name: string, found: string | undefined): Step => ({
  do: "resolvConf",
  namespace: name,
  content: null,
  undo: found ?? null,
  why: drift(`/etc/netns/${name}/resolv.conf`, "a file of ours", undefined),
});

function remove({ name }: Desired, host: Snapshot, context: Context): Step[] {
  const mark = markOn(name, host, context);
  const file = host.resolvConfs.get(name);
  return [
    ...(isOf(mark, context) ? [{ do: "netns.delete" as const, name, why: drift("name", name, undefined) }] : []),
    ...(goesWith(markOfFile(file), context) ? [removal(name, file)] : []),
  ];
}

function asFound(desired: Desired, host: Snapshot): Desired {
  const view = host.namespaces.get(desired.name);
  if (!view) return desired;
  const { nameservers, searchDomains } = fileAsFound(host.resolvConfs.get(desired.name));
  const sysctls = Object.keys(desired.sysctls).flatMap((key) => {
    const value = isWaiting(key, view) ? desired.sysctls[key] : view.sysctls.get(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...desired, nameservers, searchDomains, sysctls: Object.fromEntries(sysctls) };
}

export const netNamespace: Definition<Desired, z.infer<typeof state>> = {
  kind: "NetNamespace",
  schema,
  state,
  id: ({ name }) => name,
  claims: ({ name }) => [{ property: "name", claim: `network namespace ${name}` }],
  declares: ({ name, sysctls }) => declaredSysctls(name, sysctls),
  scope: ({ name, sysctls }) => ({ namespaces: [name], namespaceSysctls: { [name]: Object.keys(sysctls) } }),
  plan,
  unfit,
  strangers: (desired, host, context) =>
    refusedBy(
      () => observe(desired, host, context),
      () => resolvConfSteps(desired, host, context),
    ),
  remove,
  remarks: ({ name, sysctls }, { namespaces }) =>
    Object.keys(sysctls)
      .filter((key) => isWaiting(key, namespaces.get(name)))
      .map((key) => `sysctls: ${key} is not set, for there is no interface ${interfaceOf(key)} in ${name} yet`),
  removalSees: { first: ({ name }) => ({ namespaces: [name] }) },
  marks: ({ name }, host, context) => [markOn(name, host, context) ?? []].flat(),
  exists: ({ name }, host, context) => belongsTo(markOn(name, host, context), context) === "ours",
  observe: asFound,
  outputs: ({ name }) => ({ path: `/run/netns/${name}` }),
  immutable: ["name"],
};
