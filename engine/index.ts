/**
 * The face of the engine: all that may be imported of it, beside its command line (cli/main.ts) and
 * two files that a program's own processes use too (trust.ts, quick-structs.ts).
 */
export { readPassphrase } from "./cli/passphrase.js";
export { loadProject } from "./cli/project.js";
export { stackSettings } from "./cli/stack-context.js";
export { fullKey } from "./config/settings.js";
export { type ConfigValue, type PlainConfig, resolveConfig } from "./config/values.js";
export { deploy } from "./deployment/deployment.js";
export { isStack } from "./display/words.js";
export type { Distribution } from "./distribution.js";
export { isSecret, reveal, UNKNOWN } from "./model/properties.js";
export type {
  DeploymentRequest,
  DeploymentResult,
  EngineEvent,
  Operation,
  Project,
  PropertyMap,
  PropertyValue,
  ResourceState,
  Snapshot,
  StepMetadata,
  StepOp,
} from "./model/types.js";
export { urnName, urnType } from "./model/urn.js";
export type { OwnPackage, OwnResource, ServeOptions, Serving } from "./own-package.js";
export { inlineProgram } from "./program/inline-program.js";
export { type StartProgram, startProgram } from "./program/program.js";
export type { SharedSocket } from "./protocol/private-socket.js";
export { loadSdk } from "./protocol/sdk.js";
export { type ProviderPlace, providerIn } from "./providers/provider-process.js";
export { ORGANIZATION } from "./state/names.js";
export { PassphraseCrypter } from "./state/passphrase.js";
