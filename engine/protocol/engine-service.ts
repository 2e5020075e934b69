import type { Reporter } from "../deployment/reporter.js";
import { ENGINE_VERSION } from "../deployment/snapshot.js";
import type { Message, Sdk } from "./sdk.js";
import type { Handler } from "./server.js";

const SEVERITIES = ["debug", "info", "warning", "error"] as const;

/** The Engine service: takes logs of program and provider, and knows the root resource. */
export function engineService(sdk: Sdk, reporter: Reporter, muted: () => boolean): Record<string, Handler> {
  let root = "";
  return {
    log(request) {
      const severity = SEVERITIES[request.getSeverity() as 0 | 1 | 2 | 3];
      // Shown by `--debug` alone, and there are several for each resource.
      if (severity === "debug" || muted()) return new sdk.empty.Empty();
      const rest = { streamID: request.getStreamid() as number, ephemeral: request.getEphemeral() as boolean };
      reporter.log(severity, request.getMessage(), request.getUrn(), rest);
      return new sdk.empty.Empty();
    },
    getRootResource() {
      const response = new sdk.engine.GetRootResourceResponse();
      response.setUrn(root);
      return response;
    },
    setRootResource(request) {
      root = request.getUrn();
      return new sdk.engine.SetRootResourceResponse();
    },
    startDebugging: () => new sdk.empty.Empty(),
    requirePulumiVersion(request: Message) {
      const range = request.getPulumiVersionRange() as string;
      const own = ENGINE_VERSION.slice(1);
      if (!inRange(own, range)) {
        throw new Error(`Pulumi CLI version ${own} does not satisfy the version range "${range}"`);
      }
      return new sdk.engine.RequirePulumiVersionResponse();
    },
  };
}

function compare(a: number[], b: number[]): number {
  return a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;
}

/** Whether a version lies in a range such as `>=3.1.0 <4.0.0 || 2.x`. */
export function inRange(version: string, range: string): boolean {
  const own = version.split(".").map(Number);
  return range.split("||").some((part) =>
    part
      .replace(/(\D)\s+(?=\d)/g, "$1")
      .trim()
      .split(/[\s,]+/)
      .every((term) => {
        const match = /^(>=|<=|>|<|=|==|!=|!)?v?(\d+|x|\*)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?/.exec(term);
        if (!match) throw new Error(`invalid version range "${range}"`);
        const [, sign = "=", ...numbers] = match;
        const open = numbers.findIndex((number) => number === undefined || /[x*]/.test(number));
        const order = compare(
          own,
          numbers.map((number) => Number(number) || 0),
        );
        const next = numbers.map((number, i) =>
          i < open - 1 ? Number(number) : i === open - 1 ? Number(number) + 1 : 0,
        );
        const within = open < 0 ? order === 0 : open === 0 || (order >= 0 && compare(own, next) < 0);
        switch (sign) {
          case ">=":
            return order >= 0;
          case "<":
            return order < 0;
          case ">":
            return order > 0 && !within;
          case "<=":
            return order <= 0 || within;
          case "!":
          case "!=":
            return !within;
          default:
            return within;
        }
      }),
  );
}
