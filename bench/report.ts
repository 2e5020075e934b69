/** The sections of docs/benchmarks.md that the benches write themselves, with `--write`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../sandbox/root.js";
import { describeMachine, describeTools, type Machine } from "./machine.js";
import { asMarkdown, type Table } from "./table.js";

const FILE = join(repositoryRoot, "docs/benchmarks.md");

/** What a bench has measured. */
export interface Report {
  machine: Machine;
  /** What was run, and how often: "embedded engine, medians of 3 rounds". */
  run: string;
  tables: readonly Table[];
}

/** Writes a bench's section into docs/benchmarks.md, and says so. */
export function writeReport(name: string, report: Report): void {
  writeFileSync(FILE, withSection(readFileSync(FILE, "utf8"), `bench:${name}`, sectionOf(report)));
  console.log(`\nwritten into ${FILE}, section bench:${name}`);
}

/** The text of a section: what it was measured on, and the tables. */
export function sectionOf({ machine, run, tables }: Report): string {
  const about = [
    `- Machine: ${describeMachine(machine)}.`,
    `- Tools: ${describeTools(machine)}.`,
    `- Run: ${machine.date}, load ${machine.load.toFixed(1)} at the start; ${run}.`,
  ];
  return `${[about.join("\n"), ...tables.map(asMarkdown)].join("\n\n")}\n`;
}

/** The text between the markers of a section. Throws when the document has no such section. */
export function sectionIn(document: string, name: string): string {
  const { start, end } = placeOf(document, name);
  return document.slice(start, end);
}

/** The document with another text between the markers of a section; all around it stays. */
export function withSection(document: string, name: string, text: string): string {
  const { start, end } = placeOf(document, name);
  return `${document.slice(0, start)}${text}${document.slice(end)}`;
}

function placeOf(document: string, name: string): { start: number; end: number } {
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->\n`];
  const at = document.indexOf(begin);
  const start = at + begin.length;
  const until = document.indexOf(end, start);
  if (at < 0 || until < 0)
    throw new Error(`section "${name}" is missing: put a line ${begin.trim()} and below it a line ${end.trim()}`);
  return { start, end: until };
}
