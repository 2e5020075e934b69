import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ASK_TOOLS, readTools } from "../../provider/host/tools.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-unit-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tool = (name: string, script: string) =>
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
const ask = () => readTools(execFileSync("/bin/sh", ["-c", ASK_TOOLS], { env: { PATH: folder }, encoding: "utf8" }));

it("tools that are asked at once don't get into each other's answer, however much they say", () => {
  const long = "i=0; while [ $i -lt 9000 ]; do printf $0; i=$((i + 1)); done";
  for (const name of ["ip", "iptables", "nft", "flock"]) tool(name, `echo ${name} 1.2; ${long}`);
  const { said } = ask();
  expect([...said.keys()].sort()).toEqual(["flock", "folder", "ip", "iptables", "nft", "system"]);
  for (const name of ["ip", "iptables", "nft", "flock"]) {
    const text = said.get(name)!;
    expect(text.startsWith(`${name} 1.2\n`)).toBe(true);
    expect(text.split("\n")[1]!.replaceAll(join(folder, name), "").length).toBeLessThan(folder.length + 10);
  }
});

it("a tool that could not be asked is no tool that isn't there", () => {
  tool("nft", "kill -KILL $PPID");
  expect(ask).toThrow(/which tools are there/);
});
