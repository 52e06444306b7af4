import { MAPPED_FIELDS, type MappedField } from "./fields.js";

/** Which column of a CSV holds which field. Cells are plain: telemetry has no quoted text. */
export class CsvColumns {
  readonly #count: number;
  readonly #first: string;
  readonly #columnOf = new Map<MappedField, number>();

  /** `namesOf`: under which names a field is looked for. */
  constructor(names: readonly string[], namesOf: (field: MappedField) => readonly string[]) {
    this.#count = names.length;
    this.#first = names[0] ?? "";
    for (const field of MAPPED_FIELDS) {
      const column = namesOf(field)
        .map((name) => names.indexOf(name))
        .find((index) => index >= 0);
      if (column !== undefined) this.#columnOf.set(field, column);
    }
  }

  /** `null` when the line is no header: it names nothing we know. */
  static ofHeader(line: string, namesOf: (field: MappedField) => readonly string[]): CsvColumns | null {
    const columns = new CsvColumns(split(line), namesOf);
    return columns.#columnOf.size >= 2 ? columns : null;
  }

  isHeader(line: string): boolean {
    return this.#first !== "" && line.startsWith(this.#first);
  }

  has(field: MappedField): boolean {
    return this.#columnOf.has(field);
  }

  cells(line: string): readonly string[] | null {
    const cells = split(line);
    return cells.length === this.#count ? cells : null;
  }

  value(cells: readonly string[], field: MappedField): string | undefined {
    const column = this.#columnOf.get(field);
    const cell = column === undefined ? undefined : cells[column];
    return cell === "" ? undefined : cell;
  }
}

function split(line: string): string[] {
  return line.split(",").map((cell) => cell.trim());
}
