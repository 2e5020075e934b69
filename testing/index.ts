/**
 * `pulumi-hostnet/testing`: runs a program on a throw-away host and says what came of it, so that a topology can be tested in vitest, node:test or
 * any other runner in a second or two. Needs Linux, iproute2, util-linux and iptables, as root or as an ordinary user; no Pulumi CLI.
 *
 * ```ts
 * await using net = await up(() => {
 *   const home = new Bridge("home", { name: "bridge_home", addresses: ["10.0.0.1/24"] });
 *   return { mac: home.macAddress };
 * });
 * expect(net.kernel.links.bridge_home?.address).toBe(net.outputs.mac);
 * ```
 *
 * @module
 */
export type { Background, RunOptions, RunResult } from "../sandbox/command.js";
export { createHost, type Host } from "./host.js";
export type { Address, Kernel, Link, NetworkState, Route } from "./kernel.js";
export { destroy, OperationError, type OperationOptions, preview, refresh, up } from "./operations.js";
export type { ConfigMap, Program, ProgramOptions } from "./program.js";
export type { Resource, Result, Step } from "./result.js";
