/** The result of a part of the tests. test/support/reporter.ts writes one for a run of vitest. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: Skipped[];
  files: TestFile[];
}

/** A file of tests, and how long its tests took, in milliseconds of wall time. */
export interface TestFile {
  file: string;
  project: string;
  ms: number;
}

/** A test that didn't run, or a whole part of the tests. */
export interface Skipped {
  test: string;
  reason: string;
}

/** How all parts ended: the lines to print, with the count as the last, and the exit status. */
export interface Summary {
  lines: string[];
  status: 0 | 1;
}

/**
 * Adds up outcomes. With `requireKernel`, a test that was skipped since the kernel lacks something
 * is a failure.
 */
export function summarize(outcomes: readonly Outcome[], { requireKernel }: { requireKernel: boolean }): Summary {
  const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const skipped = outcomes.flatMap((outcome) => outcome.skipped);
  const failed = sum((outcome) => outcome.failed);
  const forbidden = requireKernel ? skipped.filter(lacksKernel) : [];
  const others = skipped.filter((test) => !forbidden.includes(test));
  return {
    lines: [
      ...list("Skipped:", others),
      ...list("Skipped, which REQUIRE_KERNEL=1 forbids:", forbidden),
      ...slowest(outcomes.flatMap((outcome) => outcome.files)),
      "",
      `${sum((outcome) => outcome.passed)} passed, ${failed} failed, ${skipped.length} skipped`,
    ],
    status: failed > 0 || forbidden.length > 0 ? 1 : 0,
  };
}

/**
 * Not every machine can have a Pulumi CLI or each option of a kernel, so the tests pass without. A
 * kernel they need.
 */
const lacksKernel = ({ reason }: Skipped): boolean =>
  !/no Pulumi CLI|no pulumi-resource-|this kernel was built without/.test(reason);

/** Each reason once, with the tests that it kept from running. */
function list(title: string, skipped: readonly Skipped[]): string[] {
  if (skipped.length === 0) return [];
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return [
    "",
    title,
    ...reasons.flatMap((reason) => {
      const tests = skipped.filter((test) => test.reason === reason).map(({ test }) => `    ${test}`);
      const more = tests.length > SHOWN ? [`    and ${tests.length - SHOWN} more`] : [];
      return [`  ${reason}`, ...tests.slice(0, SHOWN), ...more];
    }),
  ];
}

/** So many tests are named for a reason. */
const SHOWN = 5;

/** The files that take longest, with their share of the time: they make the test loop long. */
function slowest(files: readonly TestFile[]): string[] {
  const total = files.reduce((sum, { ms }) => sum + ms, 0);
  const first = [...files].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  if (total === 0) return [];
  const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(7);
  const share = (ms: number) => `${((100 * ms) / total).toFixed(0).padStart(3)} %`;
  return [
    "",
    "The slowest files:",
    ...first.map(({ file, project, ms }) => `${seconds(ms)} s ${share(ms)}  ${project}: ${file}`),
  ];
}

const SLOWEST = 10;
