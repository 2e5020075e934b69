/**
 * Runs a Pulumi program on a throw-away host and says what came of it. A topology can be tested in
 * vitest, node:test or any other runner in a second or two. It needs Linux, iproute2, util-linux
 * and iptables. It needs neither root nor the Pulumi CLI.
 *
 * ```ts
 * await using net = await up(() => {
 *   const home = new Bridge("home", { name: "bridge_home", addresses: ["10.0.0.1/24"] });
 *   return { mac: home.macAddress };
 * });
 * expect(net.kernel.links.bridge_home?.address).toBe(net.outputs.mac);
 * ```
 *
 * @module pulumi-hostnet/testing
 */
export type { StepOp } from "../engine/index.js";
export type { Background, RunOptions, RunResult } from "../sandbox/command.js";
export { createHost, type Host, type StartOptions } from "./host.js";
export type { Address, Kernel, Link, NetworkState, Route } from "./kernel.js";
export {
  destroy,
  OperationError,
  type OperationOptions,
  type ProgramOperationOptions,
  preview,
  refresh,
  up,
} from "./operations.js";
export type { ConfigMap, ConfigSetting, Program, ProgramOptions } from "./program.js";
export type { Resource, Result, Step } from "./result.js";
