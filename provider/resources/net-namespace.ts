import { z } from "zod";
import type { Context, Definition } from "../definition.js";
import { belongsTo } from "../model/ownership.js";
import { mustBeOurs } from "../model/refuse.js";
import type { NamespaceView, Snapshot } from "../model/snapshot.js";
import { domain, nameserver, namespaceName, sysctlKey, sysctlValue } from "../model/values.js";
import type { Step } from "../plan.js";

const schema = z.strictObject({
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
});

type Desired = z.infer<typeof schema>;

/** The text of /etc/netns/NAME/resolv.conf, which `ip netns exec` puts over /etc/resolv.conf; undefined when nothing is to be in it. */
function resolvConf({ nameservers, searchDomains }: Desired, mark: string): string | undefined {
  if (nameservers.length === 0 && searchDomains.length === 0) return undefined;
  const search = searchDomains.length > 0 ? [`search ${searchDomains.join(" ")}`] : [];
  return `${[`# ${mark}`, ...search, ...nameservers.map((address) => `nameserver ${address}`)].join("\n")}\n`;
}

const markOfFile = (text: string | undefined) => /^# (hostnet:\S+)/.exec(text ?? "")?.[1];

/** Everything but the mark's readable tail, which a renamed resource changes. */
const body = (text: string | undefined) => text?.replace(/^# hostnet:.*\n/, "");

/** The namespace on the host, when it is ours: the mark is the alias of its `lo`. */
function observe(desired: Desired, host: Snapshot, context: Context): NamespaceView | undefined {
  const view = host.namespaces.get(desired.name);
  if (view) mustBeOurs(`network namespace ${desired.name}`, view.links.get("lo")?.alias, context);
  return view;
}

function plan(desired: Desired, host: Snapshot, context: Context): Step[] {
  const { name } = desired;
  const now = observe(desired, host, context);
  const steps: Step[] = [];
  const missing = `network namespace ${name} is missing`;
  if (!now) steps.push({ do: "ip", args: ["netns", "add", name], undo: ["netns", "del", name], why: missing });
  const lo = now?.links.get("lo");
  const inside = (args: string[], why: string) =>
    steps.push({ do: "ip", namespace: name, args: ["link", "set", "dev", "lo", ...args], why: now ? why : missing });
  if (lo?.alias !== context.mark) inside(["alias", context.mark], `network namespace ${name} carries no mark of ours`);
  if (!lo?.up) inside(["up"], `lo is down in ${name}`);
  for (const [key, value] of Object.entries(desired.sysctls)) {
    const before = now?.sysctls.get(key);
    if (before !== value)
      steps.push({
        do: "sysctl",
        namespace: name,
        key,
        value,
        undo: before,
        why: now ? `${key} is ${before} in ${name}, not ${value}` : missing,
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
  if (body(found) === body(wanted)) return [];
  if (found !== undefined && wanted !== undefined) mustBeOurs(path, markOfFile(found), context);
  if (wanted === undefined) return belongsTo(markOfFile(found), context.owner) === "ours" ? [removal(name, found)] : [];
  const why = found === undefined ? `${path} is missing` : `${path} says other than declared`;
  return [{ do: "resolvConf", namespace: name, content: wanted, undo: found ?? null, why }];
}

const removal = (name: string, found: string | undefined): Step => ({
  do: "resolvConf",
  namespace: name,
  content: null,
  undo: found ?? null,
  why: `/etc/netns/${name}/resolv.conf is no longer declared`,
});

function remove({ name }: Desired, host: Snapshot, { owner }: Context): Step[] {
  const mark = host.namespaces.get(name)?.links.get("lo")?.alias;
  const file = host.resolvConfs.get(name);
  return [
    ...(belongsTo(mark, owner) === "ours"
      ? [{ do: "ip" as const, args: ["netns", "del", name], why: `${name} is no longer declared` }]
      : []),
    ...(belongsTo(markOfFile(file), owner) === "ours" ? [removal(name, file)] : []),
  ];
}

export const netNamespace: Definition<Desired> = {
  kind: "NetNamespace",
  schema,
  id: ({ name }) => name,
  claims: ({ name }) => [{ property: "name", claim: `network namespace ${name}` }],
  scope: ({ name, sysctls }) => ({ namespaces: [name], namespaceSysctls: { [name]: Object.keys(sysctls) } }),
  plan,
  remove,
  exists: ({ name }, host, { owner }) => belongsTo(host.namespaces.get(name)?.links.get("lo")?.alias, owner) === "ours",
  outputs: ({ name }) => ({ path: `/run/netns/${name}` }),
  immutable: ["name"],
};
