/** How long ago a time was, in its largest unit: "3 minutes ago". */
export function ago(time: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[3];
  const count = Math.floor(seconds / size);
  return count === 0 ? "now" : `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
