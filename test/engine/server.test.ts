import { expect, test } from "vitest";
import { loadSdk } from "../../engine/sdk.js";
import { EngineServer } from "../../engine/server.js";
import { repositoryRoot } from "../../sandbox/root.js";

/** By chance alone two of so many would share one of some 28,000 ports in all but one of a hundred runs. */
const MANY = 500;

test("a server has a port that none before it in this process had", async () => {
  const sdk = loadSdk(repositoryRoot);
  const addresses = new Set<string>();
  for (let at = 0; at < MANY; at++) {
    const server = new EngineServer(sdk, {}, {});
    await server.listen();
    server.close();
    addresses.add(server.address);
  }
  expect(addresses.size).toBe(MANY);
});
