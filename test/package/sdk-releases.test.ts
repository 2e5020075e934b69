import { join } from "node:path";
import { expect } from "vitest";
import { liveArticle } from "./article.js";
import { claim, inSandbox, useSandbox } from "./host.js";
import { writeArticle } from "./programs.js";
import type { Installs } from "./setup.js";

useSandbox();

interface Release {
  what: string;
  install: "floor" | "npm" | "newest";
  node: (installs: Installs) => string;
  version: RegExp;
}

const here = () => process.execPath;

claim<Release>(
  "the article on @pulumi/pulumi, $what: up, up again without a change, destroy",
  [
    { what: "the floor of the peer range", install: "floor", node: here, version: /^v/ },
    { what: "the locked release", install: "npm", node: here, version: /^v/ },
    { what: "the newest release", install: "newest", node: here, version: /^v/ },
    { what: "the newest release on Node 24", install: "newest", node: ({ node24 }) => node24, version: /^v24\./ },
  ],
  async (installs, { install, node, version, what }) => {
    const binary = node(installs);
    expect(await inSandbox(binary, "--version")).toMatch(version);
    const main = join(installs[install], "node_modules/pulumi-hostnet/dist/hostnet.js");
    await liveArticle(writeArticle(installs[install], what.replaceAll(/\W+/g, "-")), [binary, main]);
  },
);
