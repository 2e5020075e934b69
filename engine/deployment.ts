import { Bail, messageOf } from "./errors.js";
import { admit } from "./preflight.js";
import { programPlace } from "./program.js";
import { Reporter } from "./reporter.js";
import { Deployment } from "./run.js";
import { PROCESSES, type Runners } from "./runners.js";
import { loadSdk } from "./sdk.js";
import { SnapshotManager } from "./snapshot.js";
import { type DeploymentRequest, type DeploymentResult, isDryRun } from "./types.js";
import { rootOf } from "./urn.js";

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
  const canceled = request.signal.aborted;
  const failed = reporter.errors > 0 || deployment?.failed === true || deployment?.bailed === true;
  // Who has stopped for a reason that was told needs no other word; the CLI has none either.
  if (!deployment?.bailed && (failed || canceled)) {
    reporter.diagnostic("error", `${dryRun ? "preview" : "update"} ${failed ? "failed" : "canceled"}`);
  }
  reporter.summary();
  const last = snapshot.last;
  const stack = deployment?.stack ?? rootOf(last.resources);
  return {
    status: canceled ? "canceled" : failed ? "failed" : "succeeded",
    changes: reporter.changes,
    snapshot: last,
    outputs: stack?.outputs ?? {},
  };
}
