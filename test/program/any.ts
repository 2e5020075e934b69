import { join } from "node:path";
import { Bridge, Endpoint, Macvlan, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";
import { type Engine, embedded } from "../support/engines.js";
import { Project } from "../support/project.js";

/** A resource of a test: class, name, arguments, and options with resources by their names. */
export type Wanted = [
  kind: string,
  name: string,
  args: Record<string, unknown>,
  options?: { dependsOn?: string[]; aliases?: string[]; deleteBeforeReplace?: boolean },
];

const KINDS = { Bridge, Endpoint, Macvlan, NatChain, NetNamespace, ServiceVip, VethPair };

/** Declares these resources in the program that is running. */
export function declare(resources: readonly Wanted[]): void {
  for (const [kind, name, args] of resources) new KINDS[kind as keyof typeof KINDS](name, args as never);
}

type On = Pick<Engine, "engine" | "env">;

/** A project with these resources. */
export async function openAny(resources: readonly Wanted[], { engine, env }: On = embedded): Promise<Project> {
  const project = await Project.open({ folder: join(import.meta.dirname, "fixtures/any"), engine, env });
  redeclare(project, resources);
  return project;
}

/** From the next run on the program declares these. */
export function redeclare(project: Project, resources: readonly Wanted[]): void {
  project.env.PROGRAM_RESOURCES = JSON.stringify(resources);
}

/** Runs `body` with a project, and takes the project away whatever comes of it. */
export async function withAny<T>(
  resources: readonly Wanted[],
  body: (project: Project) => Promise<T>,
  on: On = embedded,
): Promise<T> {
  const project = await openAny(resources, on);
  try {
    return await body(project);
  } finally {
    project.close();
  }
}
