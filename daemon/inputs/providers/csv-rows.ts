/** Characters that may stand between the fields, in the order in which they are preferred. */
const SEPARATORS = [",", ";", "\t"] as const;

/** The separator that the header line has most of. */
export function separatorOf(header: string): string {
  let best: string = SEPARATORS[0];
  for (const separator of SEPARATORS) {
    if (header.split(separator).length > header.split(best).length) best = separator;
  }
  return best;
}

export interface CsvRow {
  /** 1-based line on which the row begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Rows of RFC 4180: quoted fields may hold separators, line ends and doubled quotes. Empty lines are left out; an open quote ends with the text. */
export function csvRows(text: string, separator: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = "";
  let isQuoted = false;
  let [line, startLine] = [1, 1];
  const endRow = () => {
    fields.push(field.trim());
    if (fields.some((one) => one !== "")) rows.push({ line: startLine, fields });
    fields = [];
    field = "";
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (character === "\n") line++;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') field += text[++index];
      else isQuoted = false;
    } else if (character === '"' && field.trim() === "") {
      isQuoted = true;
      field = "";
    } else if (character === separator) {
      fields.push(field.trim());
      field = "";
    } else if (character === "\n") {
      endRow();
      startLine = line;
    } else field += character;
  }
  endRow();
  return rows;
}
