import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The first release of the SDK whose provider process gives the engine the inputs that `read`
 * found.
 */
const MINOR = 222;

/**
 * Does the SDK do that which has this script of the provider process? An SDK that tells no release
 * is taken for an older one: then a refresh leaves the inputs as they are.
 */
export function refreshesInputs(script: string): boolean {
  const release = join(dirname(script), "../../package.json");
  if (!existsSync(release)) return false;
  const { version = "" } = JSON.parse(readFileSync(release, "utf8")) as { version?: string };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || minor >= MINOR;
}
