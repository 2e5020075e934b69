import type { StepOp } from "../model/types.js";
import { OURS } from "./printable.js";

const CODES = { reset: 0, bold: 1, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Color = Exclude<keyof typeof CODES, "reset">;

/** Colours a text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string;

/** A paint for a terminal, or one that does nothing. `printable` makes colours of its marks. */
export const painter =
  (enabled: boolean): Paint =>
  (color, text) =>
    enabled && text !== "" ? `${OURS}[${CODES[color]}m${text}${OURS}[${CODES.reset}m` : text;

/** The colour in which people know each operation. */
export function colorOf(op: StepOp): Color {
  if (op === "create" || op === "create-replacement" || op === "import") return "green";
  if (op === "delete" || op === "delete-replaced" || op === "discard") return "red";
  if (op === "replace") return "magenta";
  if (op === "update" || op === "refresh") return "yellow";
  return "bold";
}
