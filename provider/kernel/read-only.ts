/** What is written below these, and can be mounted so that nothing is. */
export type Mount = "/proc/sys" | "/etc" | "/run";

/** Why a file on one of them can't be written, and the cure. */
export const readOnlyFile = (file: string, mount: string) =>
  `"${file}" can't be written, for its file system is read-only: mount it writable (findmnt -T ${mount} shows it)`;
