import { HostError } from "../kernel/errors.js";
import { readOnlyFile } from "../kernel/read-only.js";

/**
 * Runs `work`, which writes or removes a file that an argument asks for. Its error says why that
 * can't be, with the cure. Over ssh the command is a script, which says nothing to a reader.
 */
export async function writing(
  verb: "write" | "rm",
  file: string,
  argument: string,
  work: () => Promise<void>,
): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, `${verb} ${file}`, `${error.stderr.trim()}: ${argument}: ${reasonOf(error, file)}`);
  });
}

function reasonOf({ code }: HostError, file: string): string {
  // Its own folder may not be there yet.
  const [, top, below] = file.split("/");
  if (code === "read-only") return readOnlyFile(file, `/${top}`);
  const reason =
    code === "full"
      ? `no space or no inode is left for it: free some (df /${top}; df -i /${top})`
      : code === "permission"
        ? `this user may not: see who may (ls -ld /${top}), and run as that user`
        : `something else is in its place: see what (ls -Rl /${top}/${below}), and move it away`;
  return `"${file}" can't be written, for ${reason}`;
}
