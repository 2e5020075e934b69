import { Server } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { expect, it, vi } from "vitest";
import { HOSTNET } from "../../bin/distribution.js";
import { deploy } from "../../engine/deployment/deployment.js";
import type { DeploymentRequest } from "../../engine/model/types.js";
import { preloadPath } from "../../engine/preload/preloads.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { inline } from "./in-process.js";
import { PROGRAM } from "./surroundings.js";

it("a program in this process with a hook is refused, and listens on no port until then", async () => {
  const listen = vi.spyOn(Server.prototype, "listen");
  const errors: string[] = [];
  const request: DeploymentRequest = {
    distribution: HOSTNET,
    ...{ operation: "preview", stack: "t", organization: "organization", config: {}, secretKeys: [], parallel: 1 },
    project: { name: "fixture", root: PROGRAM, options: {} },
    stackOutputs: () => Promise.reject(new Error("no other stack")),
    save: async () => {},
    onEvent: (event) => {
      if ("diagnosticEvent" in event) errors.push(event.diagnosticEvent.message);
    },
    refresh: false,
    signal: new AbortController().signal,
  };
  const program = async () => {
    new pulumi.ResourceHook("before", async () => {});
  };
  await deploy(request, inline(program));
  expect(errors.join("\n")).toContain("a resource hook is not supported by the embedded engine");
  // The engine's own, on a socket.
  expect(listen.mock.calls.map(([where]) => Object.keys(where as object))).toEqual([["path"]]);
});

it("nor does a program in a process of its own", async () => {
  const script = `
    const { Server } = require("node:net");
    const { listen } = Server.prototype;
    let listening = 0;
    Server.prototype.listen = function (...args) {
      listening++;
      return listen.apply(this, args);
    };
    const { CallbackServer } = require("@pulumi/pulumi/runtime/callbacks");
    const monitor = { registerResourceHook: (request) => {
      console.log(JSON.stringify([request.getName(), listening]));
      process.exit();
    } };
    setTimeout(() => {}, 10_000);
    const server = new CallbackServer(monitor);
    server.registerResourceHook({ __name: "before", name: "before", opts: {}, callback() {} });`;
  // The SDK ends it with 1, since its promise of a registration is still open.
  const run = async (...before: string[]) => {
    const options = { cwd: repositoryRoot, reject: false } as const;
    return JSON.parse((await execa(process.execPath, [...before, "-e", script], options)).stdout) as unknown;
  };
  expect(await run(`--require=${preloadPath("no-callbacks")}`)).toEqual(["before", 0]);
  expect(await run()).toEqual(["before", 1]);
});
