/**
 * Do counts follow these shares? Compares Pearson's chi-square with the value that chance exceeds
 * once in 100,000 runs (Wilson–Hilferty). So a test practically never fails by chance, and with
 * enough samples always fails where a share is off.
 */
export function followsShares(counts: Record<string, number>, shares: Record<string, number>): boolean {
  const names = Object.keys(shares);
  if (Object.keys(counts).some((name) => !names.includes(name))) return false;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const whole = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const statistic = names.reduce((sum, name) => {
    const expected = (total * shares[name]!) / whole;
    return sum + ((counts[name] ?? 0) - expected) ** 2 / expected;
  }, 0);
  const freedom = names.length - 1;
  const spread = 2 / (9 * freedom);
  return statistic < freedom * (1 - spread + 4.265 * Math.sqrt(spread)) ** 3;
}
