/** A cell is 6 x 10: glyphs of 5 columns, rows from the top, the baseline under the seventh. */
export const CELL_WIDTH = 6;
export const CELL_HEIGHT = 10;
const COLUMNS = 5;

/** Glyphs drawn for this program. A character per row in base 32, the highest of its five bits is the left column; rows left out are empty. */
const GLYPHS: Readonly<Record<string, string>> = {
  " ": "",
  "!": "4444404",
  "#": "aavavaa",
  "%": "op248j3",
  "&": "8kk8lid",
  "'": "448",
  "(": "2488842",
  ")": "8422248",
  "*": "04le4l4",
  "+": "0044v44",
  ",": "0000066448",
  "-": "0000v00",
  ".": "0000066",
  "/": "112448g",
  "0": "ehjlphe",
  "1": "4c4444e",
  "2": "eh1248v",
  "3": "v2421he",
  "4": "26aiv22",
  "5": "vgu11he",
  "6": "68guhhe",
  "7": "v124888",
  "8": "ehhehhe",
  "9": "ehhf12c",
  ":": "0660660",
  ";": "066066448",
  "<": "248g842",
  "=": "00v0v00",
  ">": "8421248",
  "?": "eh12404",
  "@": "eh1dlle",
  A: "ehhvhhh",
  B: "uhhuhhu",
  C: "ehggghe",
  D: "sihhhis",
  E: "vgguggv",
  F: "vgguggg",
  G: "ehgnhhf",
  H: "hhhvhhh",
  I: "e44444e",
  J: "72222ic",
  K: "hikokih",
  L: "ggggggv",
  M: "hrllhhh",
  N: "hhpljhh",
  O: "ehhhhhe",
  P: "uhhuggg",
  Q: "ehhhlid",
  R: "uhhukih",
  S: "fgge11u",
  T: "v444444",
  U: "hhhhhhe",
  V: "hhhhha4",
  W: "hhhllla",
  X: "hha4ahh",
  Y: "hhha444",
  Z: "v1248gv",
  "[": "e88888e",
  "]": "e22222e",
  _: "0000000v",
  a: "00e1fhf",
  b: "ggmphhu",
  c: "00eggge",
  d: "11djhhf",
  e: "00ehvge",
  f: "698s888",
  g: "00fhhf1he",
  h: "ggmphhh",
  i: "40c444e",
  j: "20622222ic",
  k: "ggikoki",
  l: "c44444e",
  m: "00qllhh",
  n: "00mphhh",
  o: "00ehhhe",
  p: "00uhhhugg",
  q: "00djhhf11",
  r: "00mpggg",
  s: "00ege1u",
  t: "88s8896",
  u: "00hhhjd",
  v: "00hhha4",
  w: "00hhlla",
  x: "00ha4ah",
  y: "00hhhhf1e",
  z: "00v248v",
  "±": "44v440v",
};

/** Calls `dot` for each set pixel of a text, in cells from 0, 0. What has no glyph is shown as a question mark. */
export function drawText(text: string, dot: (x: number, y: number) => void): void {
  for (const [index, character] of [...text].entries()) {
    const glyph = GLYPHS[character] ?? GLYPHS["?"] ?? "";
    for (const [y, row] of [...glyph].entries()) {
      const bits = Number.parseInt(row, 32);
      for (let x = 0; x < COLUMNS; x++) {
        if (((bits >> (COLUMNS - 1 - x)) & 1) === 1) dot(index * CELL_WIDTH + x, y);
      }
    }
  }
}
