import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repositoryRoot } from "../../sandbox/root.js";

/** A line of a paper, and how it is meant. */
export interface Line {
  text: string;
  number: number;
  kind: "prose" | "table" | "code" | "generated";
}

/** The Markdown files that people read, from the root. */
export function papers(): string[] {
  const docs = readdirSync(join(repositoryRoot, "docs"), { recursive: true, encoding: "utf8" });
  const examples = readdirSync(join(repositoryRoot, "examples")).map((name) => `examples/${name}/README.md`);
  return [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "engine/README.md",
    ...docs.filter((name) => name.endsWith(".md")).map((name) => join("docs", name)),
    ...examples.filter((name) => existsSync(join(repositoryRoot, name))),
  ];
}

export const read = (file: string): string => readFileSync(join(repositoryRoot, file), "utf8");

/** The lines of a Markdown text. What stands between a marker's begin and end is generated. */
export function linesOf(text: string): Line[] {
  let fenced = false;
  let generated = false;
  return text
    .trimEnd()
    .split("\n")
    .map((line, at) => {
      const fence = /^\s*```/.test(line);
      if (/^<!-- [\w:]+:begin -->$/.test(line)) generated = true;
      if (/^<!-- [\w:]+:end -->$/.test(line)) generated = false;
      const code = fenced || fence;
      if (fence) fenced = !fenced;
      const kind = code ? "code" : generated ? "generated" : line.startsWith("|") ? "table" : "prose";
      return { text: line, number: at + 1, kind };
    });
}

/** Columns of a line, a character each. */
export const width = (text: string): number => [...text].length;

/** The text of the first fenced block of a language. */
export function fencedCode(text: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(text)?.[1] ?? "";
}

/** Names of code in the first column of the first table that has this head. */
export function namesInTable(text: string, head: string): string[] {
  const [, rows = ""] = text.split(`${head}\n`);
  const first = /^(\|[^\n]*\n)*/.exec(rows)?.[0] ?? "";
  return [...first.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);
}

/** The links of a file that lead nowhere. */
export const brokenLinks = (file: string): string[] =>
  targetsIn(read(file)).filter((target) => !leadsSomewhere(file, target));

function targetsIn(text: string): string[] {
  const prose = linesOf(text)
    .filter(({ kind }) => kind !== "code")
    .map((line) => line.text)
    .join("\n")
    .replaceAll(/`[^`\n]*`/g, "`code`");
  return [...prose.matchAll(/\]\(<?([^)>\s]+)>?\)|^\[[^\]]+\]: (\S+)$/gm)].map(([, inline, reference]) => {
    return inline ?? reference ?? "";
  });
}

function leadsSomewhere(from: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : join(dirname(from), decodeURIComponent(path));
  const absolute = join(repositoryRoot, file);
  if (relative(repositoryRoot, absolute).startsWith("..") || !existsSync(absolute)) return false;
  if (anchor === undefined) return true;
  return statSync(absolute).isFile() && anchorsIn(read(file)).includes(decodeURIComponent(anchor));
}

/** The anchors that GitHub gives headings, and those that a text sets itself. */
function anchorsIn(text: string): string[] {
  const seen = new Map<string, number>();
  const headings = linesOf(text).flatMap(({ text: line, kind }) => {
    const title = kind === "code" ? undefined : /^#{1,6} (.*?)(?: #+)?$/.exec(line)?.[1];
    return title === undefined ? [] : [slug(title)];
  });
  const numbered = headings.map((name) => {
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
  return [...numbered, ...[...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name]) => name!)];
}

/** What stays of a title: letters, digits, "_" and "-". A link stays with its text. */
const slug = (title: string): string =>
  title
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
