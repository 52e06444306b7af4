/** The known word nearest to a mistyped one, or `null` when none is near enough to be worth saying. */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  const plain = plainForm(word);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.min(3, Math.floor(plain.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain, plainForm(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `sample_rate`, `sample-rate` and `sampleRate` are one word to a person. */
function plainForm(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[_\-. ]/g, "");
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment); stops counting at `limit`. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return Math.min(previous[to.length] ?? limit, limit);
}
