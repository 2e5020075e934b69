import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compiled } from "../../sandbox/root.js";
import { withSystemFolders } from "../../system/path.js";
import { differences, hostState, leavesNothing, output, run } from "../support/host.js";

/**
 * A provider process that has to make one bridge. Amid that it is asked for another, and to end.
 */
const PROGRAM = `
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
const { bridge } = await import(${JSON.stringify(compiled("provider/index.js"))});
const make = (name, network) =>
  bridge.create({ name, masquerade: [network], __owner: "test/ending/" + name }).then(
    () => console.log(name + ": made"),
    (error) => console.log(name + ": " + error.message),
  );
make("ends_one", "10.5.1.0/24");
while (!readFileSync("/proc/net/dev", "utf8").includes("ends_one")) await sleep(2);
make("ends_two", "10.5.2.0/24");
process.kill(process.pid, "SIGTERM");
await sleep(60_000);`;

it("a provider that is told to end finishes its change, and refuses what is waiting without having begun it", () =>
  leavesNothing(async () => {
    // By the name of its program it knows that it is a provider's process.
    const folder = join(mkdtempSync(join(tmpdir(), "hostnet-ending-")), "dynamic-provider");
    mkdirSync(folder);
    const path = withSystemFolders(process.env.PATH);
    writeFileSync(join(folder, "program.mjs"), PROGRAM);
    writeFileSync(join(folder, "iptables-restore"), `#!/bin/sh\nsleep 1\nPATH='${path}' exec iptables-restore "$@"\n`);
    chmodSync(join(folder, "iptables-restore"), 0o755);
    const pristine = await hostState();
    const { exitCode, stdout } = await run([process.execPath, join(folder, "program.mjs")], {
      env: { PATH: `${folder}:${path}` },
    });
    rmSync(join(folder, ".."), { recursive: true });
    expect([exitCode, stdout.split("\n")]).toEqual([
      1,
      ["ends_one: made", "ends_two: not begun: SIGTERM received, so this provider process ends", ""],
    ]);
    const made = differences(pristine, await hostState()).join("\n");
    expect(made).toContain("ends_one");
    expect(made).toContain("10.5.1.0/24");
    expect(made).not.toMatch(/ends_two|10\.5\.2\.0/);
    await output(["ip", "link", "del", "ends_one"]);
    await output(["nft", "delete", "table", "ip", "nat"]);
  }));
