import { type Context, liveResources } from "./context.js";
import { configProperties } from "./preflight.js";
import { programPlace } from "./program.js";
import { DynamicProvider } from "./provider.js";
import type { Reporter } from "./reporter.js";
import type { Runners } from "./runners.js";
import type { Sdk } from "./sdk.js";
import { Targets } from "./targets.js";
import { type DeploymentRequest, isDryRun, type ResourceState } from "./types.js";
import { PROVIDER_TYPE } from "./urn.js";

/** How the provider is started, and where it finds the engine. */
interface ProviderStart {
  sdk: Sdk;
  start: Runners["provider"];
  engine(): string;
}

/** The context of a run that begins with a state. */
export function newContext(
  request: DeploymentRequest,
  reporter: Reporter,
  base: ResourceState[],
  { sdk, start, engine }: ProviderStart,
): Context {
  const { project, operation } = request;
  const provider = new DynamicProvider(
    {
      sdk,
      cwd: programPlace(project).folder,
      project: project.name,
      env: process.env,
      engine,
      onLine: (line, stream) => reporter.line(line, stream, stream === "stdout" ? 3 : 4),
    },
    start,
    base,
  );
  const old = base.find(({ type, delete: gone }) => type === PROVIDER_TYPE && !gone);
  const runsProgram = operation === "preview" || operation === "up";
  provider.config = runsProgram ? configProperties(request) : (old?.inputs ?? {});
  return {
    ...{ request, reporter, provider, base, dryRun: isDryRun(request) },
    targets: new Targets(request.scope),
    olds: liveResources(base),
    news: new Map(),
    goals: new Map(),
    deletes: new Set(),
  };
}
