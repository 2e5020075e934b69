import type { StepOp } from "../model/types.js";
import { type Drawn, drawTree } from "./branches.js";
import { colorOf, type Paint } from "./colors.js";
import { isStack, nameOf, typeOf, WORDS } from "./words.js";

/** What is known of one resource. */
export interface Row {
  urn: string;
  parent: string | undefined;
  op: StepOp;
  status: string;
  info: string;
  /**
   * Something was, is or will be done with it. Without, it is shown only above one with which
   * something is done.
   */
  shown: boolean;
  /** It is worked on now. */
  busy: boolean;
  failed: boolean;
}

const HEAD = { type: "Type", name: "Name", status: "Status", info: "Info" };

/**
 * The resources as a tree, a line each, in columns; `width` cuts lines off. At most `most` lines:
 * active resources first.
 */
export function treeLines(
  rows: readonly Row[],
  { dryRun, width, most, paint }: { dryRun: boolean; width: number; most: number; paint: Paint },
): string[] {
  const tree = fitting(inTree(rows), most - 1);
  const cells = tree.map(({ of: row, branch }) => ({ type: branch + typeOf(row.urn), name: nameOf(row.urn), row }));
  const column = (texts: string[]) => Math.max(...texts.map((text) => text.length)) + 2;
  const wide = {
    type: column([HEAD.type, ...cells.map(({ type }) => type)]),
    name: column([HEAD.name, ...cells.map(({ name }) => name)]),
    status: column([HEAD.status, ...tree.map(({ of: row }) => row.status)]),
  };
  const line = (sign: string, type: string, name: string, status: string, info: string, color?: StepOp) => {
    const left = ` ${sign}  ${type.padEnd(wide.type)}${name.padEnd(wide.name)}`.slice(0, width);
    const middle = status.padEnd(wide.status).slice(0, width - left.length);
    const right = info.slice(0, width - left.length - middle.length);
    const painted = (text: string) => (color ? paint(colorOf(color), text) : text);
    return `${painted(left.slice(0, 4))}${left.slice(4)}${painted(middle)}${right}`.trimEnd();
  };
  const head = line("  ", HEAD.type, HEAD.name, dryRun ? "Plan" : HEAD.status, HEAD.info);
  return [
    paint("bold", head),
    ...cells.map(({ type, name, row }) => line(WORDS[row.op].sign, type, name, row.status, row.info, row.op)),
  ];
}

/** Each below its parent, with the branches that lead there. */
function inTree(rows: readonly Row[]): Drawn<Row>[] {
  const known = new Set(rows.map(({ urn }) => urn));
  const root = rows.find(({ urn }) => isStack(urn));
  const parentOf = ({ urn, parent }: Row) =>
    parent !== undefined && known.has(parent) ? parent : urn === root?.urn ? undefined : root?.urn;
  const below = (urn: string | undefined): Row[] => rows.filter((row) => parentOf(row) === urn && isWorthALine(row));
  const isWorthALine = (row: Row): boolean => row.shown || row === root || below(row.urn).length > 0;
  return below(undefined).flatMap((top) => drawTree(top, ({ urn }) => below(urn)));
}

/** As many as fit: of those that nothing is done with any more, only the last. */
function fitting(placed: Drawn<Row>[], most: number): Drawn<Row>[] {
  if (placed.length <= most) return placed;
  const important = placed.filter(({ of: row }) => row.busy || row.failed || isStack(row.urn)).slice(0, most);
  const others = placed.filter((one) => !important.includes(one)).slice(important.length - most || placed.length);
  return placed.filter((one) => important.includes(one) || others.includes(one));
}
