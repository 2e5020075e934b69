import type { Change } from "../kernel/service-change.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { ServiceBackend } from "./backend.js";
import { backends } from "./backends.js";

export function backendNamed(name: string): ServiceBackend {
  const found = backends.find((each) => each.name === name);
  if (!found) throw new Error(`there is no backend ${name}`);
  return found;
}

/** Makes changes on a model of a host, in place. */
export function applyChanges(model: Firewalls, backend: string, changes: Change[]): void {
  const { of, on, apply } = backendNamed(backend);
  Object.assign(model, on(model, apply(of(model), changes, model)));
}
