/** Pulumi's rule for names of stacks. Returns what is wrong with `name`, or undefined. */
export function stackNameProblem(name: string): string | undefined {
  if (name === "") return "a stack name may not be empty";
  if (name.length > 100) return "a stack name cannot exceed 100 characters";
  const valid = /^[A-Za-z0-9_.-]*/.exec(name)![0].length;
  if (valid === name.length) return undefined;
  return `a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character '${name[valid]}' at position ${valid}`;
}

/** Pulumi's rule for names of projects. Returns what is wrong with `name`, or undefined. */
export function projectNameProblem(name: string): string | undefined {
  if (name === "") return "project names may not be empty";
  if (name.length > 100) return "project names are limited to 100 characters";
  if (/^[A-Za-z0-9_.-]+$/.test(name) && name !== "." && name !== "..") return undefined;
  return "project names may only contain alphanumerics, hyphens, underscores, and periods";
}

/** The one organization that a file backend knows. */
export const ORGANIZATION = "organization";

/** A stack in a file backend. */
export interface StackReference {
  project: string;
  name: string;
}

/** How the CLI writes a stack down in full. */
export const fullName = (stack: StackReference) => `${ORGANIZATION}/${stack.project}/${stack.name}`;

/** Reads `name`, `organization/name` or `organization/project/name`. */
export function parseStackReference(text: string, currentProject: string | undefined): StackReference {
  const parts = text.split("/");
  const name = parts.at(-1)!;
  const organization = parts.length > 1 ? parts[0]! : ORGANIZATION;
  const project = parts.length === 3 ? parts[1]! : currentProject;
  if (parts.length > 3) throw new Error(`stack "${text}": write it as name or organization/project/name`);
  if (organization !== ORGANIZATION) throw new Error("organization name must be 'organization'");
  if (project === undefined) {
    throw new Error(
      "no Pulumi.yaml project file found; either run this command from a directory containing a Pulumi project, or pass the fully qualified stack name (organization/project/stack)",
    );
  }
  const problem =
    projectNameProblem(project) ??
    (name === "." || name === ".." ? `"${name}" is no stack name` : stackNameProblem(name));
  if (problem) throw new Error(problem);
  return { project, name };
}
