/** Tells the user a line. */
export type Say = (line: string) => void;

/** Pulumi shows what its provider process prints. */
export const print: Say = (line) => console.log(line);
