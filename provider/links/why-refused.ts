import type { FailureCode } from "../kernel/errors.js";
import type { IpStep, LinkOptions } from "../kernel/plan.js";
import { settingsOf } from "./kind.js";
import { KINDS } from "./kinds.js";
import { whyStep } from "./why-step.js";

/** What the kernel's word doesn't say of a step that it has refused, as `Product` says it. */
export function whyRefused(step: IpStep, code: FailureCode, lacksKind: boolean): string | undefined {
  return whyKind(step, code, lacksKind) ?? whyStep(step, code);
}

/** What a kernel lacks for a kind of link, or for one of its settings. */
function whyKind(step: IpStep, code: FailureCode, lacksKind: boolean): string | undefined {
  const { kind, options = {} } = typeOf(step) ?? {};
  if (kind === undefined) return undefined;
  const { name, built, refused } = KINDS.find((each) => each.name === kind) ?? {};
  if (lacksKind && built)
    return `this kernel has no ${name} (module ${built.module}, ${built.option}): load the module (modprobe ${built.module}), or take a kernel that was built with it`;
  const lacking = code === "unsupported" ? lackingFor(kind, options) : undefined;
  return lacking ?? (step.do === "link.add" ? refused?.[code] : undefined);
}

/** The settings that a kernel may have been built without. */
function lackingFor(kind: string, options: LinkOptions): string | undefined {
  const settings = KINDS.filter(({ name }) => name === kind).flatMap(settingsOf);
  const [found] = settings.filter(([, { word, builtWith }]) => word in options && builtWith !== undefined);
  if (!found) return undefined;
  const [argument, { builtWith }] = found;
  return `this kernel was built without ${builtWith}: leave ${argument} out, or take a kernel that was built with it`;
}

function typeOf(step: IpStep): { kind: string; options?: LinkOptions } | undefined {
  if (step.do === "link.add") return step;
  return step.do === "link.set" ? step.set.type : undefined;
}
