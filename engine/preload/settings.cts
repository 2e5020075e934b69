/** The environment variable that tells a preload what it has to know. */
export const variableOf = (preload: string): string => `PRELOAD_${preload.toUpperCase().replaceAll("-", "_")}`;

/**
 * What the engine has told a preload: undefined in a process that a program or provider starts
 * itself. Node runs the preloads there too (`fork`, workers), but the variable is taken away here.
 */
export function takeSettings<Settings>(preload: string): Settings | undefined {
  const variable = variableOf(preload);
  const text = process.env[variable];
  delete process.env[variable];
  return text === undefined ? undefined : (JSON.parse(text) as Settings);
}
