import { STACK_REFERENCE } from "../deployment/stack-reference.js";
import { USE_THE_CLI } from "../model/errors.js";
import { properties, toWire } from "../model/properties.js";
import type { DeploymentRequest, PropertyMap, ResourceState } from "../model/types.js";
import { type Goal, refusal, toGoal, toReadGoal } from "./goal.js";
import type { Message, Sdk } from "./sdk.js";
import type { Handler } from "./server.js";

/** Features that an SDK may ask for, by their number in the enumeration of later SDKs. */
const FEATURES: Record<string, number> = {
  secrets: 0,
  resourceReferences: 1,
  outputValues: 2,
  aliasSpecs: 3,
  replacementTrigger: 4,
  deletedWith: 5,
  replaceWith: 6,
};

/**
 * Announced, to be refused by name. Of one that is missing the SDK says that the CLI is too old.
 */
const REFUSED: Record<string, number> = { transforms: 7, invokeTransforms: 8, resourceHooks: 10, errorHooks: 11 };

/** What the monitor hands on. */
export interface Registrar {
  request: DeploymentRequest;
  /** Makes it so that the resource is as the program wants it. */
  register(goal: Goal): Promise<ResourceState>;
  registerOutputs(urn: string, outputs: PropertyMap): Promise<void>;
  /** Tells the user why what the program asks isn't possible, and stops the run. */
  refuse(message: string): Promise<never>;
  /** The program has said all; resolves when the run is over. */
  finished(): Promise<void>;
  resource(urn: string): ResourceState | undefined;
}

/** The ResourceMonitor service: how a program tells what it wants. */
export function monitorService(sdk: Sdk, registrar: Registrar): Record<string, Handler> {
  const empty = () => new sdk.empty.Empty();
  const unsupported = (what: string) => () =>
    registrar.refuse(`${what} is not supported by the embedded engine; ${USE_THE_CLI}`);
  return {
    supportsFeature(request) {
      const response = new sdk.resource.SupportsFeatureResponse();
      response.setHassupport(request.getId() in { ...FEATURES, ...REFUSED });
      return response;
    },
    getDeploymentInfo: () => deploymentInfo(sdk, registrar.request),
    async registerResource(request) {
      const refused = refusal(request);
      if (refused) return registrar.refuse(`resource '${request.getName()}': ${refused}`);
      const goal = toGoal(request, registrar.request.project.root);
      const state = await registrar.register(goal);
      const response = new sdk.resource.RegisterResourceResponse();
      response.setUrn(state.urn);
      response.setId(state.id ?? "");
      // What a component has for outputs comes from an earlier run until it registers new ones.
      const outputs = goal.custom ? (state.outputs ?? {}) : {};
      response.setObject(sdk.struct.Struct.fromJavaScript(toWire(outputs) as PropertyMap));
      return response;
    },
    async registerResourceOutputs(request) {
      await registrar.registerOutputs(request.getUrn(), properties(request.getOutputs()));
      return empty();
    },
    async signalAndWaitForShutdown() {
      await registrar.finished();
      return empty();
    },
    invoke(request: Message) {
      const token = request.getTok() as string;
      if (token !== "pulumi:pulumi:getResource") return unsupported(`the function ${token}`)();
      const { urn } = properties(request.getArgs()) as { urn: string };
      const state = registrar.resource(urn);
      if (!state) throw new Error(`unknown resource ${urn}`);
      const response = new sdk.resource.ResourceInvokeResponse();
      const found = { urn, id: state.id ?? "", state: toWire(state.outputs ?? {}) };
      response.setReturn(sdk.struct.Struct.fromJavaScript(found));
      return response;
    },
    call: unsupported("calling a method of a resource"),
    async readResource(request: Message) {
      const type = request.getType() as string;
      if (type !== STACK_REFERENCE) {
        const what = `reading ${type} (the function \`get\`, or the option \`id\`)`;
        return unsupported(`resource '${request.getName()}': ${what}`)();
      }
      const { urn, outputs } = await registrar.register(toReadGoal(request, registrar.request.project.root));
      const response = new sdk.resource.ReadResourceResponse();
      response.setUrn(urn);
      response.setProperties(sdk.struct.Struct.fromJavaScript(toWire(outputs ?? {}) as PropertyMap));
      return response;
    },
    registerStackTransform: unsupported("a stack transform"),
    registerStackInvokeTransform: unsupported("a stack invoke transform"),
    registerResourceHook: unsupported("a resource hook"),
    registerErrorHook: unsupported("an error hook"),
    registerPackage: (request: Message) => unsupported(`the package ${request.getName()}`)(),
  };
}

function deploymentInfo(sdk: Sdk, request: DeploymentRequest): Message {
  const info = new sdk.resource.DeploymentInfo();
  info.setProject(request.project.name);
  info.setStack(request.stack);
  info.setOrganization(request.organization);
  info.setConfigsecretkeysList(request.secretKeys);
  info.setDryrun(request.operation === "preview");
  info.setParallel(request.parallel);
  info.setSupportedfeaturesList(Object.values({ ...FEATURES, ...REFUSED }));
  for (const [key, value] of Object.entries(request.config)) info.getConfigMap().set(key, value);
  return info;
}
