import { type DeploymentRequest, isDryRun, type PropertyMap, type ResourceState, runsProgram } from "../model/types.js";
import { PROVIDER_TYPE } from "../model/urn.js";
import { programPlace } from "../program/place.js";
import type { Sdk } from "../protocol/sdk.js";
import { DynamicProvider } from "../providers/dynamic-provider.js";
import { OwnProvider } from "../providers/own-provider.js";
import { statedResources } from "../providers/own-resources.js";
import { Providers } from "../providers/providers.js";
import { type Context, liveResources } from "./context.js";
import { configProperties } from "./preflight.js";
import type { Reporter } from "./reporter.js";
import type { Runners } from "./runners.js";
import { Targets } from "./targets.js";

/** What a run has providers of. */
interface ProviderStart {
  sdk: Sdk;
  runners: Runners;
  /** Where they find the engine. */
  engine(): string;
}

/** The context of a run that begins with a state. */
export function newContext(
  request: DeploymentRequest,
  reporter: Reporter,
  base: ResourceState[],
  start: ProviderStart,
): Context {
  const old = base.find(({ type, delete: gone }) => type === PROVIDER_TYPE && !gone);
  const config = runsProgram(request.operation) ? configProperties(request) : (old?.inputs ?? {});
  const provider = providersOf(request, reporter, base, config, start);
  return {
    ...{ request, reporter, provider, config, base, dryRun: isDryRun(request) },
    targets: new Targets(request.scope),
    olds: liveResources(base),
    news: new Map(),
    goals: new Map(),
    deletes: new Set(),
  };
}

function providersOf(
  { project, distribution }: DeploymentRequest,
  reporter: Reporter,
  base: ResourceState[],
  config: PropertyMap,
  { sdk, runners, engine }: ProviderStart,
): Providers {
  const folder = programPlace(project).folder;
  const onLine = (line: string, stream: "stdout" | "stderr") =>
    reporter.line(line, stream, stream === "stdout" ? 3 : 4);
  const own = Object.entries(distribution.packages).map(([name, each]) => {
    const options = { folder, state: statedResources(name, base), say: (line: string) => onLine(line, "stdout") };
    return [name, new OwnProvider(each, options)] as const;
  });
  const options = { sdk, cwd: folder, project: project.name, env: process.env, engine, onLine };
  return new Providers(new Map(own), new DynamicProvider(options, runners.provider, config));
}
