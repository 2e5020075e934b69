/**
 * The SDK prints an error that some calls throw, as "name: text: stack", and answers with it: the
 * run says it once more. What has a name of its own is no slip in a program, and needs no stack. So
 * the last line on console.error waits for the end of what is running.
 */
const { error: print } = console;
let held: unknown[] | undefined;

const letGo = () => {
  const args = held;
  held = undefined;
  if (args) print.apply(console, args);
};

export function holdLines(): void {
  console.error = (...args) => {
    letGo();
    held = args;
    queueMicrotask(letGo);
  };
}

/** An answer tells this error, so it isn't printed, if it was about to be. */
export function takeBackPrinted(error: unknown): void {
  if (error instanceof Error && hasOwnName(error) && held?.length === 1 && held[0] === `${error}: ${error.stack}`)
    held = undefined;
}

const hasOwnName = ({ name }: Error): boolean => name !== "Error" && !(name in globalThis);
