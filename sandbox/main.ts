/** `npm run sandbox -- COMMAND…`: any command, or a shell, in a throw-away host. */
import { runInSandbox } from "./inside.js";
import { endWith, meetRequirements, takeInstallFlag } from "./requirements.js";

await endWith(async () => {
  const [separator, ...others] = process.argv.slice(2);
  const given = separator === "--" ? others : process.argv.slice(2);
  // Ours only in front of the command: behind it, it is the command's own.
  const { install } = takeInstallFlag(given.slice(0, 1));
  const command = install ? given : given.slice(1);
  await meetRequirements({ install });
  return runInSandbox(command.length > 0 ? command : [process.env.SHELL ?? "/bin/sh"]);
});
