import { describe, expect, it } from "vitest";
import { converse } from "../../provider/host/exec.js";
import { readLook } from "../../provider/host/ssh/dial.js";
import { ShellSession } from "../../provider/host/ssh/session.js";
import { BUSYBOX, toolAnswers } from "../support/tool-answers.js";

const LOOKED = `capabilities 000001ffffffffff\n3d1219c7c4c5404aaa1f6d2a48adfda4\n.\n${toolAnswers()}`;

describe("what a host over ssh says of itself", () => {
  const read = (stdout: string) => readLook("far", stdout, "");

  it("is its id, where all is there", () => {
    expect(read(LOOKED)).toBe("3d1219c7c4c5404aaa1f6d2a48adfda4");
  });

  it("is nothing that anything is concluded from, wherever it ends early", () => {
    for (let at = 0; at < LOOKED.length; at++)
      expect(() => read(LOOKED.slice(0, at))).toThrow(/^far does not tell what may be done there/);
  });

  it("names the tools that are missing, and missing rights", () => {
    expect(() => read(LOOKED.replace(".\n", "nsenter flock .\n"))).toThrow(
      "far lacks what changes a network: nsenter flock.",
    );
    const alpine = toolAnswers({ ...BUSYBOX, system: "ID=alpine" });
    expect(() => read(LOOKED.replace(toolAnswers(), alpine))).toThrow(
      "Unfit on far: ip (BusyBox v1.35.0, needed: iproute2 4.18 or later); nsenter (BusyBox v1.35.0, needed: util-linux's). Nothing was touched. Install with: apk add iproute2 util-linux-misc setpriv",
    );
    expect(() => read(LOOKED.replace(/[0-9a-f]{16}/, "0000000000000000"))).toThrow("may not change its network");
  });
});

it("a shell that can't count what a program said is no program that says nothing", async () => {
  const session = new ShellSession(
    (hear) => converse(["sh", "-s"], hear),
    (said) => new Error(`over: ${said}`),
  );
  expect((await session.run(["echo", "something"])).stdout).toBe("something\n");
  await session.script("wc() { :; }").catch(() => {});
  await expect(session.run(["echo", "something"])).rejects.toThrow("over: ");
  await session.over;
});
