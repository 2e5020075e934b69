import { expect } from "vitest";
import { inSandbox, open } from "./host.js";

/** Brings the article's program up, again without a change, and takes it away. */
export async function liveArticle(folder: string, engine: readonly string[], resources = 10): Promise<void> {
  const project = await open(folder, engine);
  try {
    expect(await project.must("up")).toContain(`+ ${resources} created`);
    expect(await inSandbox("iptables-save")).toMatch(
      /-A DUSTIN-SVC-HTTP .*--probability 0.50000000000 .*-j DUSTIN-SEP-HTTP2/,
    );
    await project.must("up", "--expect-no-changes");
    expect(await project.must("destroy")).toContain(`- ${resources} deleted`);
    expect(await inSandbox("iptables-save")).not.toContain("DUSTIN");
  } finally {
    project.close();
  }
}
