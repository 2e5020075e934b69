import type { DeploymentRequest, DeploymentResult, ResourceState, StepMetadata } from "../types.js";

/**
 * Shows what a destroy would do without a call to any provider: all that stands in the state goes, what depends on others
 * before these. Whether a provider then refuses is known only when it is asked.
 */
export async function previewDestroy(request: DeploymentRequest): Promise<DeploymentResult> {
  const { base, onEvent } = request;
  const resources = base?.resources ?? [];
  const guarded = resources.filter(({ protect }) => protect);
  for (const { urn } of guarded) {
    const message = `resource ${urn} cannot be deleted\nbecause it is protected. To unprotect it, remove \`protect\` in the program and run \`hostnet up\`\n`;
    onEvent({ diagnosticEvent: { urn, message, color: "never", severity: "error" } });
  }
  const going = guarded.length > 0 ? [] : resources.filter(isShown).reverse();
  for (const old of going) {
    onEvent({ resourcePreEvent: { metadata: deletion(old), planning: true } });
    onEvent({ resOutputsEvent: { metadata: deletion(old), planning: true } });
  }
  return {
    status: request.signal.aborted ? "canceled" : guarded.length > 0 ? "failed" : "succeeded",
    changes: going.length > 0 ? { delete: going.length } : {},
    snapshot: base ?? { manifest: { time: "", magic: "", version: "" }, resources: [] },
    outputs: {},
  };
}

/** Default providers come and go by themselves. */
const isShown = ({ type }: ResourceState) => !type.startsWith("pulumi:providers:");

function deletion(old: ResourceState): StepMetadata {
  const { urn, type, provider } = old;
  return { op: "delete", urn, type, old, provider: provider ?? "" };
}
