import { beforeEach, describe, expect, it } from "vitest";
import { engines } from "../support/engines.js";
import { leavesNothing } from "../support/host.js";
import { OPERATOR, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { openAny, type Wanted } from "./any.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});

describe.each(engines)("$name", ({ missing, ...on }) => {
  it("a program of two hosts over ssh: each gets its own, no secret is in state or output, and all goes again", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(async () => {
      await using one = await sshHost();
      await using two = await sshHost();
      await two.allowSudo();
      const { privateKey: _, ...plain } = two.connection;
      const byPassword = { ...plain, user: OPERATOR.name, password: OPERATOR.password };
      const resources: Wanted[] = [
        ["Bridge", "one", { name: "bridge_one", addresses: ["10.1.0.1/24"], host: { connection: one.connection } }],
        [
          "Bridge",
          "two",
          { name: "bridge_two", addresses: ["10.2.0.1/24"], host: { connection: byPassword, become: "sudo" } },
        ],
      ];
      const project = await openAny(resources, on);
      try {
        let said = await project.must("up");
        const links = async (host: typeof one) => (await host.sandbox.run(["ip", "-br", "addr"])).stdout;
        expect(await links(one)).toMatch(/bridge_one .*10\.1\.0\.1\/24/);
        expect(await links(two)).toMatch(/bridge_two .*10\.2\.0\.1\/24/);
        expect(await links(one)).not.toContain("bridge_two");
        await one.sandbox.run(["ip", "addr", "flush", "dev", "bridge_one"]);
        said += await project.must("preview", "--diff");
        said += await project.must("up", "--diff");
        expect(await links(one)).toMatch(/bridge_one .*10\.1\.0\.1\/24/);
        said += await project.must("up", "--expect-no-changes");
        const key = one.connection.privateKey.split("\n")[2]!;
        for (const secret of [key, JSON.stringify(OPERATOR.password).slice(1, -1), OPERATOR.password]) {
          expect(project.state()).not.toContain(secret);
          expect(said).not.toContain(secret);
        }
        await project.must("destroy");
      } finally {
        project.close();
      }
      expect([await one.left(), await two.left()]).toEqual([[], []]);
    });
  });
});
