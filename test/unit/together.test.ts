import { expect, it } from "vitest";
import { runHere } from "../../sandbox/hoststate.js";
import { together } from "../../sandbox/together.js";

it("commands that are asked for at once are one process, and each is answered as by itself", async () => {
  const ran: (readonly string[])[] = [];
  const run = together((argv) => {
    ran.push(argv);
    return runHere(argv);
  });
  const commands = [
    ["printf", "%s", 'it\'s "$HOME"\n two lines\n'],
    ["sh", "-c", "echo out; echo said >&2; exit 3"],
    ["true"],
    ["no-such-command-here"],
  ];
  const [text, failing, silent, missing] = await Promise.all(commands.map(run));
  expect(text).toEqual({ stdout: 'it\'s "$HOME"\n two lines\n', stderr: "", exitCode: 0 });
  expect(failing).toEqual({ stdout: "out\n", stderr: "said", exitCode: 3 });
  expect(silent).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  // The second is what dash says where a folder of PATH may not be read.
  const notThere = expect.stringMatching(/not found|Permission denied/);
  expect(missing).toMatchObject({ stdout: "", stderr: notThere, exitCode: 127 });
  expect(ran).toHaveLength(1);
  expect((await run(["echo", "later"])).stdout).toBe("later\n");
  expect(ran).toHaveLength(2);
});

it("an answer that ends early, or a shell that fails, is an error for each of them", async () => {
  const cut = together(async (argv) => ({ ...(await runHere(argv)), stdout: "half" }));
  await expect(Promise.all([cut(["true"]), cut(["true"])])).rejects.toThrow(/a shell for 2 commands ended with 0/);
  const lost = together(() => Promise.reject(new Error("no shell")));
  await expect(lost(["true"])).rejects.toThrow("no shell");
});
