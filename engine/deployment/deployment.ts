import { Bail, messageOf } from "../model/errors.js";
import { type DeploymentRequest, type DeploymentResult, isDryRun } from "../model/types.js";
import { rootOf } from "../model/urn.js";
import { programPlace } from "../program/place.js";
import { loadSdk } from "../protocol/sdk.js";
import { admit } from "./preflight.js";
import { Reporter } from "./reporter.js";
import { Deployment } from "./run.js";
import { PROCESSES, type Runners } from "./runners.js";
import { SnapshotManager } from "./snapshot.js";

/**
 * Runs one operation on one stack: a preview, an up, a refresh or a destroy. Never throws: failures
 * are diagnostics.
 */
export async function deploy(request: DeploymentRequest, runners: Runners = PROCESSES): Promise<DeploymentResult> {
  const dryRun = isDryRun(request);
  const reporter = new Reporter(request.onEvent, dryRun, request.operation === "refresh");
  reporter.prelude(request.config, request.secretKeys);
  const base = (request.base?.resources ?? []).map((state) => ({ ...state }));
  const snapshot = new SnapshotManager(base, request.base, dryRun ? undefined : request.save);
  let deployment: Deployment | undefined;
  try {
    admit(base);
    const sdk = loadSdk(programPlace(request.project).folder);
    deployment = new Deployment(request, reporter, snapshot, base, sdk, runners);
    await deployment.run();
  } catch (error) {
    if (!(error instanceof Bail)) reporter.diagnostic("error", messageOf(error));
  }
  try {
    await deployment?.close();
    await snapshot.flush();
  } catch (error) {
    reporter.diagnostic("error", messageOf(error));
  }
  const status = tellEnd(request, reporter, deployment);
  const last = snapshot.last;
  const stack = deployment?.stack ?? rootOf(last.resources);
  return {
    status,
    changes: reporter.changes,
    snapshot: last,
    outputs: stack?.outputs ?? {},
  };
}

/** Says how it ended, unless the reason was told already, and gives the sums. */
function tellEnd(
  request: DeploymentRequest,
  reporter: Reporter,
  deployment: Deployment | undefined,
): DeploymentResult["status"] {
  const canceled = request.signal.aborted;
  const failed = reporter.errors > 0 || deployment?.failed === true || deployment?.bailed === true;
  const what = isDryRun(request) ? "preview" : "update";
  // Where a decision was refused its reason is all; the CLI says no more either.
  if (!deployment?.bailed && (failed || canceled))
    reporter.diagnostic("error", `${what} ${failed ? "failed" : "canceled"}`);
  reporter.summary();
  if (canceled) return "canceled";
  return failed ? "failed" : "succeeded";
}
