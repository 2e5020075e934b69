/**
 * The SDK loads the TypeScript compiler and npm's tree for functions that it may have to serialize,
 * exporters of traces, the Automation API and a comparison of versions. They take four fifths of
 * its start and are hardly ever used. So they are loaded at their first use.
 *
 * For speed. It relies on the files below, which use what they load as objects, and only later.
 */
import { inSdk, type Loaded, loader, whenFound } from "./sdk-files.cjs";

/** What a file of the SDK loads that can wait. */
const LAZY: Record<string, RegExp> = {
  "typescript-shim": /^typescript$/,
  "runtime/closure/codePaths": /^(@npmcli.arborist|normalize-package-data)$/,
  "cmd/run/tracing": /^@opentelemetry.(exporter|instrumentation|resources|sdk)/,
  "cmd/run/run": /^semver$/,
  "runtime/rpc": /^semver$/,
  "runtime/closure/rewriteSuper": /^semver$/,
  index: /^..automation$/,
};

whenFound((path, name, parent) => {
  if (!LAZY[inSdk(parent?.filename) ?? ""]?.test(name)) return path;
  const stand = `lazy:${path}`;
  loader._cache[stand] ??= Object.assign(new loader(stand), { exports: standIn(path, parent), loaded: true });
  return stand;
});

function standIn(path: string, parent?: Loaded): object {
  let loaded: object | undefined;
  const real = (): object => {
    loaded ??= loader._load(path, parent) as object;
    return loaded;
  };
  const at = (key: PropertyKey): unknown => (real() as Record<PropertyKey, unknown>)[key];
  return new Proxy(
    {},
    {
      // With __esModule set an importer doesn't copy the module, which would load it. A CommonJS
      // module is its own default.
      get: (_, key) => key === "__esModule" || (key === "default" && !("default" in real()) ? real() : at(key)),
      has: (_, key) => key in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
    },
  );
}
