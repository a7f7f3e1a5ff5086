/** The middle one; between two of them where they are even in number. */
export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** A median, and the quartiles below and above it, with two digits. */
export function spread(values: number[]) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => rounded(quantile(values, share)));
  return { median: middle, quartiles: [low, high] };
}

export function rounded(value: number): number {
  return Number(value.toFixed(2));
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}
