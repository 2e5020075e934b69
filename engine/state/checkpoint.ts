import { existsSync } from "node:fs";
import { isObject } from "../model/json.js";
import type { ResourceState, Snapshot } from "../model/types.js";
import { deploymentProblem } from "./form.js";

/** A stack's file as it was read: the envelope, and the deployment in it, if there ever was one. */
export interface Checkpoint {
  /** 3, or 4 without features: both are the same shape. */
  version: 3 | 4;
  /** Everything of the file except the deployment, kept as it is. */
  envelope: Record<string, unknown>;
  /** Everything of `checkpoint` except `latest`, kept as it is. */
  header: Record<string, unknown>;
  /** The deployment with its secrets still sealed. */
  latest?: Snapshot;
}

/** A checkpoint for a stack that was never deployed. */
export function emptyCheckpoint(stack: string): Checkpoint {
  return { version: 3, envelope: {}, header: { stack } };
}

/** When a state was written, as it says; undefined for one that no operation has written. */
export function lastUpdate({ manifest }: Snapshot): string | undefined {
  const time = manifest?.time;
  return time?.startsWith("0001-") ? undefined : time;
}

/** What to do about a stack's file that is broken. */
function restoring(file: string): string {
  const backup = `${file}.bak`;
  if (existsSync(backup)) return `the state before is in ${backup}: look at it, and copy it there`;
  return `there is no ${backup}: restore the file from a backup`;
}

/**
 * Reads a stack's file. Refuses what can't be kept exactly as it is, before anything happens.
 * `cure`: what to do about a file that is broken.
 */
export function parseCheckpoint(content: Buffer, file: string, cure = restoring(file)): Checkpoint {
  const refuse = (why: string, what = cure) => new Error(`${file}: ${why}; ${what}`);
  const parsed = parseObject(content, refuse);
  const { version, checkpoint, ...envelope } = parsed;
  if (version === undefined) throw refuse("it has no version, so it is no stack's state");
  if (typeof version === "number" && version < 3) {
    throw refuse(
      `the state has the old version ${version}`,
      "let a Pulumi CLI rewrite it: `pulumi stack export | pulumi stack import`",
    );
  }
  if (version !== 3 && version !== 4) {
    throw refuse(`the state has the unknown version ${JSON.stringify(version)}`, "use the Pulumi CLI that wrote it");
  }
  const features = envelope.features;
  if (Array.isArray(features) && features.length > 0) {
    throw refuse(`the state needs the features ${features.join(", ")}`, "use the Pulumi CLI for this stack");
  }
  if (!isObject(checkpoint)) throw refuse("there is no checkpoint in it");
  const { latest, ...header } = checkpoint;
  if (latest === undefined || latest === null) return { version, envelope, header };
  if (!isObject(latest)) throw refuse("its deployment is no object");
  const problem = deploymentProblem(latest);
  if (problem) throw refuse(problem);
  const { resources, manifest } = latest;
  return {
    version,
    envelope,
    header,
    latest: { ...latest, resources: resources ?? [], manifest: manifest ?? {} } as unknown as Snapshot,
  };
}

function parseObject(content: Buffer, refuse: (why: string) => Error): Record<string, unknown> {
  if (content.length === 0) throw refuse("the stack's state is empty");
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.toString("utf8"));
  } catch (error) {
    throw refuse(`the stack's state is not JSON (${(error as Error).message})`);
  }
  if (!isObject(parsed)) throw refuse("the stack's state is no object");
  return parsed;
}

/**
 * The content of a stack's file, with `latest` as its deployment; `textOf` gives the text of a
 * resource in it.
 */
export function formatCheckpoint(
  checkpoint: Checkpoint,
  latest: Snapshot | undefined,
  textOf = (resource: ResourceState): Buffer => Buffer.from(JSON.stringify(resource)),
): Buffer {
  const { version, envelope, header } = checkpoint;
  if (latest === undefined) return Buffer.from(JSON.stringify({ version, ...envelope, checkpoint: header }));
  const { manifest, secrets_providers, resources, ...rest } = { ...checkpoint.latest, ...latest };
  const { pending_operations: operations = [] } = latest;
  const deployment = objectText(
    {
      manifest,
      secrets_providers,
      resources: resources.length === 0 ? undefined : resources,
      ...rest,
      pending_operations: operations.length === 0 ? undefined : operations,
      metadata: rest.metadata ?? {},
    },
    {
      resources: listText(resources.map((resource) => [textOf(resource)])),
      pending_operations: listText(operations.map((each) => objectText(each, { resource: [textOf(each.resource)] }))),
    },
  );
  const inner = objectText({ ...header, latest }, { latest: deployment });
  const text = objectText({ version, ...envelope, checkpoint: header }, { checkpoint: inner });
  return Buffer.concat(text.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/**
 * JSON in parts. Those that stay the same from one write to the next are encoded once, and then
 * copied.
 */
type Text = (string | Buffer)[];
const COMMA = Buffer.from(",");

/** An object in JSON; what `texts` has is written as it is there. */
function objectText(of: object, texts: Record<string, Text>): Text {
  const entries = Object.entries(of).filter(([, value]) => value !== undefined);
  return [
    "{",
    ...between(entries.map(([key, value]) => [`${JSON.stringify(key)}:`, ...(texts[key] ?? [JSON.stringify(value)])])),
    "}",
  ];
}

const listText = (texts: Text[]): Text => ["[", ...between(texts), "]"];

function between(texts: Text[]): Text {
  const all: Text = [];
  for (const text of texts) {
    if (all.length > 0) all.push(COMMA);
    for (const part of text) all.push(part);
  }
  return all;
}
