import { hostname } from "node:os";
import { drawTree } from "../display/branches.js";
import { onOneLine } from "../display/printable.js";
import type { ResourceState, Snapshot } from "../model/types.js";
import { rootOf, urnName } from "../model/urn.js";
import { lastUpdate } from "../state/checkpoint.js";
import { ago } from "./ago.js";
import { openWorkspace, requireStack } from "./stack-context.js";
import { outputsTable, readOutputs } from "./stack-output.js";
import type { Surroundings } from "./surroundings.js";
import { table } from "./table.js";

interface Flags {
  stack?: string;
  showIds?: boolean;
  showUrns?: boolean;
  showName?: boolean;
  showSecrets?: boolean;
}

/** `stack`: what is in the stack, as a tree, and its outputs. */
export async function showStack(flags: Flags, surroundings: Surroundings): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const stack = await requireStack(workspace, flags.stack, surroundings.env);
  const { out, distribution } = surroundings;
  const { command } = distribution;
  if (flags.showName) return out(`${stack.name}\n`);
  const { latest } = await workspace.backend.read(stack);
  const resources = latest?.resources ?? [];
  out(`Current stack is ${stack.name}:\n    Managed by ${hostname()}\n${history(latest, command)}`);
  out(`Current stack resources (${resources.length}):\n`);
  if (resources.length === 0) out("    No resources currently in this stack\n");
  else {
    out(resourceTable(resources, flags));
    out(`\n${outputsTable(await readOutputs({ workspace, stack, latest }, flags.showSecrets, surroundings))}`);
  }
  out(`\nUse \`${command} stack select\` to change stack; \`${command} stack ls\` lists known ones\n`);
}

function history(latest: Snapshot | undefined, command: string): string {
  if (latest === undefined) return `    No updates yet; run \`${command} up\`\n`;
  const { version } = latest.manifest;
  const time = lastUpdate(latest);
  return [
    time ? `    Last updated: ${ago(time)} (${onOneLine(time)})\n` : "",
    version ? `    Pulumi version used: ${onOneLine(version.replace(/^v/, ""))}\n` : "",
  ].join("");
}

/** A resource's line in the tree, and the lines below it. */
interface Row {
  type: string;
  name: string;
  below: string[];
}

function resourceTable(resources: ResourceState[], flags: Flags): string {
  const root = rootOf(resources);
  const rows = root
    ? drawTree(root, childrenIn(resources, root)).map(({ of, branch, below }) => rowOf(of, branch, below, flags))
    : resources.map((state) => rowOf(state, "", " ".repeat(4), flags));
  const [head, ...lines] = table([["TYPE", "NAME"], ...rows.map(({ type, name }) => [type, name])]).split("\n");
  const all = [head!, ...rows.flatMap(({ below }, at) => [lines[at]!, ...below])];
  return all.map((line) => `    ${line}\n`).join("");
}

/** Who has no parent hangs on the stack, after those that have it for one. */
const childrenIn = (resources: ResourceState[], root: ResourceState) => (state: ResourceState) => [
  ...resources.filter(({ parent }) => parent === state.urn),
  ...(state === root ? resources.filter((each) => each !== root && !each.parent) : []),
];

const rowOf = ({ type, urn, id }: ResourceState, prefix: string, padding: string, flags: Flags): Row => ({
  type: prefix + type,
  name: urnName(urn),
  below: [
    ...(flags.showUrns ? [`${padding}URN: ${onOneLine(urn)}`] : []),
    ...(flags.showIds && id ? [`${padding}ID: ${onOneLine(id)}`] : []),
  ],
});
