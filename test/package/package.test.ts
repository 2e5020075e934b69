import { basename, join } from "node:path";
import { describe, expect } from "vitest";
import { claim, inSandbox, open, useSandbox } from "./host.js";
import { languages, writeModules, writeProgram } from "./programs.js";

useSandbox();

/** Brings the small program's topology up and takes it away again; the stack's outputs. */
async function liveOnce(folder: string, install: string): Promise<Record<string, unknown>> {
  const project = await open(folder, [join(install, "node_modules/.bin/hostnet")]);
  try {
    await project.must("up");
    const [link] = JSON.parse(await inSandbox("ip", "-json", "link", "show", "bridge_home")) as { address: string }[];
    const outputs = project.outputs("Stack", `${basename(folder)}-${project.stack}`);
    expect(outputs.mac).toBe(link!.address);
    expect(await inSandbox("ip", "-n", "pod", "-br", "addr", "show", "eth0")).toMatch(/10\.0\.0\.2\/24/);
    await project.must("destroy");
    expect(await inSandbox("ip", "-br", "link")).toMatch(/^lo [^\n]*\n$/);
    return outputs;
  } finally {
    project.close();
  }
}

describe.each(["npm", "pnpm"] as const)("the packed tarball, installed by %s", (manager) => {
  claim("runs a %s program: up, and destroy", languages, async (installs, language) => {
    await liveOnce(writeProgram(installs[manager], language), installs[manager]);
  });
});

claim("a program of ES modules in TypeScript, compiled by %s: up, and destroy", ["ts-node"], async ({ newest }) => {
  expect((await liveOnce(writeModules(newest), newest)).pod).toBe("pod");
});
