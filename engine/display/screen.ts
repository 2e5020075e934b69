import { printable } from "./printable.js";

/** A terminal, as far as something is drawn on it. */
export interface Terminal {
  columns(): number;
  rows(): number;
  write(text: string): void;
}

/** The last lines of a terminal, which are redrawn. All else is written above them. */
export class Screen {
  private drawn: string[] = [];

  constructor(private readonly terminal: Terminal) {}

  get columns(): number {
    return this.terminal.columns();
  }

  get rows(): number {
    return this.terminal.rows();
  }

  /** Draws lines in the place of those before. They must fit the terminal's width and height. */
  draw(lines: string[]): void {
    this.terminal.write(this.erasure() + lines.map((line) => `${printable(line)}\n`).join(""));
    this.drawn = lines;
  }

  /** Lets something be written above what is drawn. */
  above(write: () => void): void {
    const { drawn } = this;
    if (drawn.length > 0) this.draw([]);
    write();
    if (drawn.length > 0) this.draw(drawn);
  }

  /** Up to the first line that was drawn, and all from there on (console_codes(4)). */
  private erasure(): string {
    return this.drawn.length === 0 ? "" : `\u001b[${this.drawn.length}A\u001b[J`;
  }
}
