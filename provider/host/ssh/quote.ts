/**
 * One word of a POSIX shell's command line, whatever is in it: the only place where a value meets a
 * shell. Single quotes keep everything but themselves (POSIX.1-2017, XCU 2.2.2). A NUL can't be in
 * an argument of any program.
 */
export function quote(word: string): string {
  if (word.includes("\0")) throw new Error("an argument can't hold a NUL byte");
  return /^[A-Za-z0-9_./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export const commandLine = (argv: readonly string[]): string => argv.map(quote).join(" ");
