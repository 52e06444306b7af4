/**
 * Orders the first `length` of `values` just so far that the one that belongs at place `rank` stands there (quickselect). Nothing is allocated, neither is
 * a number given back, which would be. `values` must hold numbers only.
 */
export function selectAt(values: Float32Array | Float64Array, length: number, rank: number): void {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i += 1;
      while (values[j]! > pivot) j -= 1;
      if (i > j) break;
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
      i += 1;
      j -= 1;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
}
