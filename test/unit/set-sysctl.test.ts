import { expect, it } from "vitest";
import { type Exec, REHEARSED } from "../../provider/host/exec.js";
import { setSysctl } from "../../provider/host/set-sysctl.js";

const STEP = { do: "sysctl", namespace: "n", key: "net.core.somewhere", value: "1", why: "" } as const;

/** A kernel that has a sysctl for the whole host alone, which a throw-away host can't show. */
const ofHost: Exec = async (argv) => {
  const inside = argv.slice(0, 4).join(" ") === "ip netns exec n";
  if (argv.includes("sh")) return { stdout: inside ? "absent\n" : "writable\n", stderr: "", exitCode: 0 };
  return {
    stdout: "",
    stderr: "sysctl: cannot stat /proc/sys/net/core/somewhere: No such file or directory",
    exitCode: 1,
  };
};

it("a sysctl of the whole host is said to be one, with the command that sets it", async () => {
  await expect(setSysctl(ofHost, STEP)).rejects.toMatchObject({
    code: "not-found",
    command: "sysctl -w net.core.somewhere=1",
    stderr:
      'sysctl: cannot stat /proc/sys/net/core/somewhere: No such file or directory: sysctls.net.core.somewhere: net.core.somewhere can\'t be set to "1", for it is one for the whole host, and no namespace has its own: set it on the host (sysctl -w net.core.somewhere=…), and leave it out here',
  });
});

it("where nobody can look, the value is doubted", async () => {
  const blind: Exec = async (argv) =>
    argv.includes("-w")
      ? { stdout: "", stderr: "sysctl: setting key: Invalid argument", exitCode: 1 }
      : { stdout: argv.includes("-n") ? "7\n" : "", stderr: "", exitCode: argv.includes("-n") ? 0 : 1 };
  await expect(setSysctl(blind, STEP)).rejects.toThrow(
    'sysctls.net.core.somewhere: "1" is no value that the kernel takes for net.core.somewhere ("7" now): write another',
  );
});

it("a rehearsal over ssh says nothing of what is read back", async () => {
  await setSysctl(async () => REHEARSED, STEP);
});
