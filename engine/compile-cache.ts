import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { openToOthers } from "./trust.js";

/**
 * The environment that tells the SDK's ts-node where to keep compiled programs. By default it takes a folder of a known name in the temporary folder:
 * whoever makes that first owns what this user's next run executes. So it is a folder in this user's own cache, and where there is none (no home,
 * another user's home) nothing is kept. What the user has set is left alone.
 */
export function compileCache(env: NodeJS.ProcessEnv, homes = ownHomes()): Record<string, string> {
  if (env.TS_NODE_CACHE !== undefined || env.TS_NODE_CACHE_DIRECTORY !== undefined) return {};
  // A relative path is to be ignored (XDG Base Directory Specification).
  const asked = env.XDG_CACHE_HOME?.startsWith("/") ? [env.XDG_CACHE_HOME] : [];
  const caches = [...asked, ...homes.map((home) => join(home, ".cache"))];
  const folder = caches.map((cache) => join(cache, "hostnet/ts-node")).find(isPrivate);
  return folder === undefined ? { TS_NODE_CACHE: "false" } : { TS_NODE_CACHE_DIRECTORY: folder };
}

/** HOME, which may be another user's (sudo -E), and the one of the password file. */
function ownHomes(): string[] {
  try {
    return [homedir(), userInfo().homedir];
  } catch {
    // This user has no entry there.
    return [homedir()];
  }
}

/** Makes the folder if it isn't there, below one that is there. Can only this user write to it? */
function isPrivate(folder: string): boolean {
  try {
    for (const each of [dirname(dirname(folder)), dirname(folder), folder]) {
      if (!existsSync(each) && openToOthers(dirname(each)) === undefined) mkdirSync(each, { mode: 0o700 });
    }
    return statSync(folder).uid === process.getuid!() && openToOthers(folder) === undefined;
  } catch {
    return false;
  }
}
