import { expect, test } from "vitest";
import { loadSdk } from "../../engine/protocol/sdk.js";
import { EngineServer } from "../../engine/protocol/server.js";
import { repositoryRoot } from "../../sandbox/root.js";

const MANY = 500;

test("a server has an address that none before it in this process had", async () => {
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
