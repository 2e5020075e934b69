import { onOneLine } from "../display/printable.js";
import { maskPlain } from "../display/values.js";
import type { PropertyMap, PropertyValue, Snapshot } from "../model/types.js";
import { rootOf } from "../model/urn.js";
import type { StackReference } from "../state/names.js";
import { StackStore } from "../state/store.js";
import { CliError } from "./errors.js";
import { readPassphrase, stackCrypter } from "./passphrase.js";
import { openWorkspace, requireStack, stackSettings, type Workspace } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

interface Flags {
  stack?: string;
  json?: boolean;
  showSecrets?: boolean;
}

/** `stack output`: all of them, or one. */
export async function showOutputs(
  property: string | undefined,
  flags: Flags,
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const stack = await requireStack(workspace, flags.stack, surroundings.env);
  const { latest } = await workspace.backend.read(stack);
  const outputs = await readOutputs({ workspace, stack, latest }, flags.showSecrets, surroundings);
  const { out } = surroundings;
  if (property !== undefined) {
    const value = outputs[property];
    if (value === undefined) {
      const names = Object.keys(outputs).join(", ") || "none";
      throw new CliError(`current stack does not have output property '${property}'; it has: ${names}`);
    }
    if (flags.json) out(`${JSON.stringify(value, null, 2)}\n`);
    else surroundings.data(`${inline(value)}\n`);
  } else if (flags.json) out(`${JSON.stringify(outputs, null, 2)}\n`);
  else out(outputsTable(outputs));
}

/** A stack as it was read, its secrets sealed. */
interface ReadStack {
  workspace: Workspace;
  stack: StackReference;
  latest: Snapshot | undefined;
}

/** The outputs of a stack by name, secrets masked unless they are asked for. */
export async function readOutputs(
  { workspace, stack, latest }: ReadStack,
  showSecrets: boolean | undefined,
  surroundings: Surroundings,
): Promise<PropertyMap> {
  const root = rootOf(latest?.resources);
  let outputs = root?.outputs ?? {};
  // Nobody needs to know the passphrase to see what isn't secret.
  if (showSecrets) {
    const settings = await stackSettings(workspace.project, stack, workspace.backend.command);
    const crypter = await stackCrypter(settings, workspace.backend, stack, surroundings);
    const store = await StackStore.open(workspace.backend, stack, crypter, () => readPassphrase(surroundings));
    outputs = store.base?.resources.find(({ urn }) => urn === root?.urn)?.outputs ?? {};
  }
  const sorted = Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return maskPlain(Object.fromEntries(sorted), showSecrets) as PropertyMap;
}

const inline = (value: PropertyValue) => (typeof value === "string" ? value : JSON.stringify(value));

/** Them as people read them. */
export function outputsTable(outputs: PropertyMap): string {
  const names = Object.keys(outputs);
  const shown = names.map(onOneLine);
  if (names.length === 0) return "Current stack outputs (0):\n    No output values currently in this stack\n";
  const width = Math.max(6, ...shown.map((name) => name.length)) + 2;
  const lines = [
    `Current stack outputs (${names.length}):`,
    `    ${"OUTPUT".padEnd(width)}VALUE`,
    ...names.map((name, at) => {
      const value = inline(outputs[name]!).replaceAll("\n", `\n    ${" ".repeat(width)}`);
      return `    ${shown[at]!.padEnd(width)}${value}`;
    }),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
