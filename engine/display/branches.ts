/** One of a tree, and what is drawn in front of it and of lines that stand below it. */
export interface Drawn<T> {
  of: T;
  branch: string;
  below: string;
}

type Corner = readonly [here: string, further: string];
const TOP: Corner = ["", ""];
const LAST: Corner = ["└─ ", "   "];
const MORE: Corner = ["├─ ", "│  "];

/** `top` and all that hangs on it, each above its children, with the branches that lead there. */
export function drawTree<T>(top: T, childrenOf: (each: T) => T[], lead = "", [here, further] = TOP): Drawn<T>[] {
  const children = childrenOf(top);
  const inner = lead + further;
  return [
    { of: top, branch: lead + here, below: `${inner}${children.length > 0 ? "│  " : "   "}` },
    ...children.flatMap((child, at) => drawTree(child, childrenOf, inner, at < children.length - 1 ? MORE : LAST)),
  ];
}
