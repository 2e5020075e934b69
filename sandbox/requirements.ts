import { existsSync, readFileSync } from "node:fs";
import { execa } from "execa";
import { distributionIds } from "../system/packages.js";
import { withSystemFolders } from "../system/path.js";
import { needsUserNamespace } from "./privilege.js";
import { makeSandbox } from "./setup.js";
import { stretched } from "./slow.js";
import { missingHere } from "./tools.js";
import { explainNamespaces, judgeTools } from "./verdict.js";

/** A machine that can't be the host of a sandbox; the message is the whole answer to the user. */
export class RequirementError extends Error {
  override name = "RequirementError";
}

/**
 * Sees to it that a sandbox can be made here. Installs missing Debian packages when that is
 * possible and allowed, after a line that says so, and tries one sandbox. Throws a RequirementError
 * with the cure.
 */
export async function meetRequirements({ install }: { install: boolean }): Promise<void> {
  const facts = () => ({
    missing: missingHere(),
    root: process.getuid?.() === 0,
    distribution: distributionIds(read("/etc/os-release") ?? ""),
    installForbidden: !install,
  });
  const verdict = judgeTools(facts());
  if (!verdict.ok) throw new RequirementError(verdict.message);
  if (verdict.install.length > 0) {
    await installPackages(verdict.install);
    const after = judgeTools({ ...facts(), installForbidden: true });
    if (!after.ok) throw new RequirementError(after.message);
  }
  await trySandbox();
}

/** `--no-install` among the arguments, and the others. */
export function takeInstallFlag(args: readonly string[]): { install: boolean; rest: string[] } {
  return { install: !args.includes("--no-install"), rest: args.filter((arg) => arg !== "--no-install") };
}

/**
 * Runs the main function of a command. What a machine lacks is printed as one line, with status 2.
 * Any other error is a stack trace.
 */
export async function endWith(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof RequirementError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

async function installPackages(packages: readonly string[]): Promise<void> {
  console.log(`Installing Debian packages that are missing (--no-install forbids it): ${packages.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const { failed, all } = await execa("apt-get", args, { env, reject: false, all: true, stdin: "ignore" });
    if (failed) throw new RequirementError(`apt-get ${args.join(" ")} failed:\n${all}`);
  }
}

async function trySandbox(): Promise<void> {
  const [file, ...args] = makeSandbox(needsUserNamespace(), "run", ["true"]);
  const env = { PATH: withSystemFolders(process.env.PATH) };
  const { failed, stderr, message } = await execa(file!, args, {
    env,
    reject: false,
    stdin: "ignore",
    timeout: stretched(30_000),
  });
  if (!failed) return;
  throw new RequirementError(
    explainNamespaces({
      said: stderr || message || "",
      root: process.getuid?.() === 0,
      container: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
      unprivilegedClone: read("/proc/sys/kernel/unprivileged_userns_clone"),
      apparmorRestrict: read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
      maxUserNamespaces: read("/proc/sys/user/max_user_namespaces"),
    }),
  );
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
