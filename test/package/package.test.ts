import { join } from "node:path";
import { describe, expect } from "vitest";
import { claim, inSandbox, open, useSandbox } from "./host.js";
import { languages, writeProgram } from "./programs.js";

useSandbox();

describe.each(["npm", "pnpm"] as const)("the packed tarball, installed by %s", (manager) => {
  claim("runs a %s program: up, and destroy", languages, async (installs, language) => {
    const install = installs[manager];
    const project = await open(writeProgram(install, language), [join(install, "node_modules/.bin/hostnet")]);
    try {
      await project.must("up");
      const [link] = JSON.parse(await inSandbox("ip", "-json", "link", "show", "bridge_home")) as { address: string }[];
      expect(project.outputs("Stack", `${language.toLowerCase()}-${project.stack}`).mac).toBe(link!.address);
      expect(await inSandbox("ip", "-n", "pod", "-br", "addr", "show", "eth0")).toMatch(/10\.0\.0\.2\/24/);
      await project.must("destroy");
      expect(await inSandbox("ip", "-br", "link")).toMatch(/^lo [^\n]*\n$/);
    } finally {
      project.close();
    }
  });
});
