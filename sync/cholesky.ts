/**
 * Lower Cholesky factor of a symmetric positive definite matrix (row-major, only the lower triangle is read), in place.
 * A pivot that is not positive is lifted to `floor`, so that a degenerate kernel gives a wide answer instead of an error.
 */
export function factorise(matrix: Float64Array, size: number, floor = 1e-9): void {
  for (let row = 0; row < size; row++) {
    const rowStart = row * size;
    for (let column = 0; column <= row; column++) {
      const columnStart = column * size;
      let sum = at(matrix, rowStart + column);
      for (let k = 0; k < column; k++) sum -= at(matrix, rowStart + k) * at(matrix, columnStart + k);
      if (row === column) matrix[rowStart + row] = Math.sqrt(sum > floor ? sum : floor);
      else matrix[rowStart + column] = sum / at(matrix, columnStart + column);
    }
  }
}

/** Solves L z = b in place. */
export function solveLower(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let row = 0; row < size; row++) {
    let sum = at(vector, row);
    for (let k = 0; k < row; k++) sum -= at(factor, row * size + k) * at(vector, k);
    vector[row] = sum / at(factor, row * size + row);
  }
}

/** Solves L' z = b in place. */
export function solveUpper(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let row = size - 1; row >= 0; row--) {
    let sum = at(vector, row);
    for (let k = row + 1; k < size; k++) sum -= at(factor, k * size + row) * at(vector, k);
    vector[row] = sum / at(factor, row * size + row);
  }
}

/** Diagonal of the inverse of L L'. */
export function inverseDiagonal(factor: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  const column = new Float64Array(size);
  for (let unit = 0; unit < size; unit++) {
    column.fill(0);
    column[unit] = 1;
    let sum = 0;
    for (let row = unit; row < size; row++) {
      let value = at(column, row);
      for (let k = unit; k < row; k++) value -= at(factor, row * size + k) * at(column, k);
      value /= at(factor, row * size + row);
      column[row] = value;
      sum += value * value;
    }
    diagonal[unit] = sum;
  }
  return diagonal;
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
