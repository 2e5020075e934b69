/**
 * The SDK tells where each resource was declared. For that it takes the whole stack, has the source
 * maps look up each line of it, and sends them all. The engine notes one line, so one is taken.
 *
 * For speed. It relies on resource (`Resource.stackTrace(skip)`, `Resource.framePositionRegExp`).
 */
import { pathToFileURL } from "node:url";
import { type Exports, mend } from "./sdk-files.cjs";

mend({ resource: takeOneFrame });

function takeOneFrame({ Resource }: Exports): void {
  if (typeof Resource?.stackTrace !== "function" || !(Resource.framePositionRegExp instanceof RegExp)) return;
  const position: RegExp = Resource.framePositionRegExp;
  Resource.stackTrace = (skip: number) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = skip + 1;
    try {
      // Above the frames is the error's name, and the first is this function.
      const frame = new Error().stack?.split("\n")[1 + skip];
      if (frame === undefined) return [];
      const { file, line, column } = position.exec(frame)?.groups ?? {};
      if (!file || !line || !column || file.startsWith("node:")) return [undefined];
      return [{ uri: pathToFileURL(file).toString(), line: Number(line), column: Number(column) }];
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}
