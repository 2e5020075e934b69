import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { openToOthers } from "../trust.js";

/**
 * The environment that tells the SDK's ts-node where to keep compiled programs. Its default is a
 * folder with a known name in the temporary folder. Another user can make that folder first, and
 * then owns the code that the next run executes. This one is in the user's own cache. Without a
 * safe cache (no home, or another user's home) nothing is kept. What the user has set stays.
 */
export function compileCache(command: string, env: NodeJS.ProcessEnv, homes = ownHomes()): Record<string, string> {
  if (env.TS_NODE_CACHE !== undefined || env.TS_NODE_CACHE_DIRECTORY !== undefined) return {};
  // A relative path is to be ignored (XDG Base Directory Specification).
  const asked = env.XDG_CACHE_HOME?.startsWith("/") ? [env.XDG_CACHE_HOME] : [];
  const caches = [...asked, ...homes.map((home) => join(home, ".cache"))];
  const folder = caches.map((cache) => join(cache, command, "ts-node")).find(isPrivate);
  return folder === undefined ? { TS_NODE_CACHE: "false" } : { TS_NODE_CACHE_DIRECTORY: folder };
}

/** HOME can be another user's (sudo -E). Then the home of the password file is left. */
function ownHomes(): string[] {
  try {
    return [homedir(), userInfo().homedir];
  } catch {
    // This user has no entry there.
    return [homedir()];
  }
}

/** Whether only this user can write to the folder. Makes it where its parents are safe. */
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
