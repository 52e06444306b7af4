import { type Colour, FAINT, heat, kindColour, LOST, TEXT } from "./colours.js";
import {
  countKinds,
  cuesIn,
  levelShare,
  looksOf,
  type Picture,
  type Range,
  rangeOf,
  type Strip,
  shareAt,
  stripsOf,
  ticksOf,
} from "./picture.js";
import { type Look, ROWS } from "./spectrogram.js";

const LEFT = 6;
const NARROWEST = 30;
const MOST_STRIPS = 4;
const RESET = "\u001b[0m";
const BARS = " ▁▂▃▄▅▆▇█";
const UPPER_HALF = "▀";
const TICK_COLUMNS = 10;

/**
 * The picture for a terminal of 256 colours: each character shows two places of the spectrogram, one over the other. Onsets are marked by the
 * first letter of their kind.
 * @param columns width of the terminal
 */
export function plotTerminal(picture: Picture, columns: number): string {
  const width = Math.max(NARROWEST, columns) - LEFT - 1;
  const strips = stripsOf(picture.sound, MOST_STRIPS);
  const looks = strips.map((strip) => {
    const end = Math.min(strip.toSec, picture.sound.toSec);
    return looksOf(picture.sound, strip, width).slice(0, Math.max(1, placeOf(strip, end, width) + 1));
  });
  const range = rangeOf(looks.flat());
  const lines = [`${" ".repeat(LEFT)}${paint(picture.title, TEXT)}`, legendOf(picture)];
  for (const [index, strip] of strips.entries()) {
    const own = looks[index] ?? [];
    lines.push(
      markLine(picture, strip, width),
      ...spectrogramLines(own, range, strips.length === 1 ? 18 : 12),
      `${"dBFS".padStart(LEFT - 1)} ${levelLine(own)}`,
      timeLine(strip, width),
    );
  }
  return lines.join("\n");
}

function legendOf({ cues }: Picture): string {
  const words = countKinds(cues).map(({ kind, count }) =>
    paint(`${kind.slice(0, 1).toUpperCase()} ${kind} ${count}`, kindColour(kind)),
  );
  return `${" ".repeat(LEFT)}${words.join("   ")}`;
}

/** A letter for each onset; a plus where several fall on one place. */
function markLine({ cues }: Picture, strip: Strip, width: number): string {
  const places = Array<string>(width).fill(" ");
  for (const { onsetSec, kind } of cuesIn(cues, strip)) {
    const at = placeOf(strip, onsetSec, width);
    places[at] = places[at] === " " ? paint(kind.slice(0, 1).toUpperCase(), kindColour(kind)) : paint("+", TEXT);
  }
  return `${" ".repeat(LEFT)}${places.join("")}`;
}

function spectrogramLines(looks: readonly Look[], range: Range, height: number): string[] {
  return Array.from({ length: height }, (_, line) => {
    const [above, below] = [2 * line, 2 * line + 1].map((y) => ((2 * height - 0.5 - y) / (2 * height)) * ROWS - 0.5);
    const label = labelOf(line, height).padStart(LEFT - 1);
    let text = "";
    let last = "";
    for (const look of looks) {
      const code = `\u001b[38;5;${codeOf(look, above ?? 0, range)};48;5;${codeOf(look, below ?? 0, range)}m`;
      text += code === last ? UPPER_HALF : code + UPPER_HALF;
      last = code;
    }
    return `${paint(label, FAINT)} ${text}${RESET}`;
  });
}

/** Of the line in which a whole even kilohertz lies. */
function labelOf(line: number, height: number): string {
  if (line === 0) return "6 kHz";
  for (const kHz of [4, 2]) if (Math.round((1 - kHz / 6) * height) === line) return `${kHz}`;
  return "";
}

function codeOf({ rowsDb }: Look, row: number, range: Range): number {
  return ansiOf(rowsDb === null ? LOST : heat(shareAt(rowsDb, row, range)));
}

function levelLine(looks: readonly Look[]): string {
  const bars = looks.map(({ rmsDb }) => BARS[Math.round(levelShare(rmsDb) * (BARS.length - 1))] ?? " ");
  return paint(bars.join(""), [110, 160, 220]);
}

function timeLine(strip: Strip, width: number): string {
  let line = "";
  for (const { sec, label } of ticksOf(strip, Math.max(2, Math.floor(width / TICK_COLUMNS)))) {
    const at = placeOf(strip, sec, width);
    if (at < line.length || at + label.length > width) continue;
    line = line.padEnd(at) + label;
  }
  return `${" ".repeat(LEFT)}${paint(line, FAINT)}`;
}

function placeOf({ fromSec, toSec }: Strip, sec: number, width: number): number {
  return Math.max(0, Math.min(width - 1, Math.floor(((sec - fromSec) / (toSec - fromSec)) * width)));
}

function paint(text: string, colour: Colour): string {
  return `\u001b[38;5;${ansiOf(colour)}m${text}${RESET}`;
}

/** The nearest of the 6 x 6 x 6 colours of a terminal (levels 0, 95, 135, 175, 215, 255), or of its 24 greys where there is no hue. */
function ansiOf([red, green, blue]: Colour): number {
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 14) {
    const grey = Math.round((red + green + blue) / 3);
    return grey < 5 ? 16 : 232 + Math.max(0, Math.min(23, Math.round((grey - 8) / 10)));
  }
  const level = (value: number): number =>
    value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.round((value - 55) / 40));
  return 16 + 36 * level(red) + 6 * level(green) + level(blue);
}
