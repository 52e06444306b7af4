import type { CueLine } from "../cue-lines.js";
import { Canvas, TEXT_HEIGHT, textWidth } from "./canvas.js";
import { BACKGROUND, type Colour, FAINT, GRID, heat, kindColour, LOST, TEXT } from "./colours.js";
import {
  countKinds,
  cuesIn,
  LEVEL_FLOOR_DB,
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
import { type Look, ROWS, TOP_HZ } from "./spectrogram.js";

const PLOT_WIDTH = 1500;
const LEFT = 100;
const RIGHT = 24;
const HEADER = 72;
const MOST_STRIPS = 6;
const MOST_TICKS = 12;
/** Two rows of labels above the spectrogram, and the bar that shows how long a cue lasts. */
const LABEL_ROWS = 2;
const BAR = 5;
const LANE = LABEL_ROWS * TEXT_HEIGHT + BAR + 5;
const LEVELS = 74;
const AXIS = TEXT_HEIGHT + 22;
const FREQUENCY_STEP_HZ = 1000;
const LEVEL_STEP_DB = 20;
const LEVEL_COLOUR: Colour = [86, 130, 190];
const PEAK_COLOUR: Colour = [170, 195, 225];

interface Place {
  readonly canvas: Canvas;
  readonly strip: Strip;
  /** Top of the spectrogram, its height. */
  readonly top: number;
  readonly height: number;
}

/** The picture as PNG: spectrogram with the cues marked, levels under it; long sounds in several strips. */
export function plotPng(picture: Picture): Buffer {
  const strips = stripsOf(picture.sound, MOST_STRIPS);
  const looks = strips.map((strip) => looksOf(picture.sound, strip, PLOT_WIDTH));
  const range = rangeOf(looks.flat());
  const height = strips.length === 1 ? 3 * ROWS : strips.length <= 3 ? 2 * ROWS : (3 * ROWS) / 2;
  const step = LANE + height + LEVELS + AXIS;
  const canvas = new Canvas(LEFT + PLOT_WIDTH + RIGHT, HEADER + strips.length * step, BACKGROUND);
  drawHeader(canvas, picture, range);
  for (const [index, strip] of strips.entries()) {
    const place = { canvas, strip, top: HEADER + index * step + LANE, height };
    const own = (looks[index] ?? []).slice(0, xOf(place, Math.min(strip.toSec, picture.sound.toSec)) - LEFT);
    drawSpectrogram(place, own, range);
    drawLevels(place, own);
    drawAxes(place);
    drawCues(place, cuesIn(picture.cues, strip));
  }
  return canvas.png();
}

function drawHeader(canvas: Canvas, { title, cues }: Picture, { lowDb, highDb }: Range): void {
  const room = Math.floor((canvas.width - LEFT - 380) / textWidth("x"));
  canvas.text(LEFT, 12, title.length > room ? `${title.slice(0, room - 3)}...` : title, TEXT);
  let x = LEFT;
  for (const { kind, count } of countKinds(cues)) {
    canvas.fill(x, 44, 14, 14, kindColour(kind));
    const label = `${kind} ${count}`;
    canvas.text(x + 22, 44, label, count === 0 ? FAINT : TEXT);
    x += 22 + textWidth(label) + 28;
  }
  const width = 160;
  const left = canvas.width - RIGHT - width - textWidth("-100 dBFS");
  for (let i = 0; i < width; i++) canvas.fill(left + i, 12, 1, 14, heat(i / (width - 1)));
  canvas.text(left - 8, 12, `${Math.round(lowDb)}`, FAINT, "right");
  canvas.text(left + width + 8, 12, `${Math.round(highDb)} dBFS`, FAINT);
}

function drawSpectrogram({ canvas, top, height }: Place, looks: readonly Look[], range: Range): void {
  for (const [i, { rowsDb }] of looks.entries()) {
    if (rowsDb === null) {
      canvas.fill(LEFT + i, top, 1, height, LOST, 0.4);
      continue;
    }
    for (let y = 0; y < height; y++) {
      const row = ((height - 0.5 - y) / height) * ROWS - 0.5;
      canvas.dot(LEFT + i, top + y, heat(shareAt(rowsDb, row, range)));
    }
  }
}

function drawLevels({ canvas, top, height }: Place, looks: readonly Look[]): void {
  const bottom = top + height + LEVELS;
  const room = LEVELS - 8;
  for (const [i, { rowsDb, rmsDb, peakDb }] of looks.entries()) {
    if (rowsDb === null) continue;
    const rms = Math.round(room * levelShare(rmsDb));
    canvas.fill(LEFT + i, bottom - rms, 1, rms, LEVEL_COLOUR);
    canvas.fill(LEFT + i, bottom - Math.round(room * levelShare(peakDb)), 1, 2, PEAK_COLOUR);
  }
  canvas.fill(LEFT, bottom, PLOT_WIDTH, 1, GRID);
  for (let db = 0; db > LEVEL_FLOOR_DB; db -= LEVEL_STEP_DB) {
    const y = bottom - Math.round(room * levelShare(db));
    canvas.fill(LEFT - 6, y, 6, 1, FAINT);
    canvas.text(LEFT - 10, y - 7, db === 0 ? "0 dBFS" : `${db}`, FAINT, "right");
  }
}

function drawAxes(place: Place): void {
  const { canvas, strip, top, height } = place;
  for (let hz = 0; hz <= TOP_HZ; hz += FREQUENCY_STEP_HZ) {
    const y = top + height - Math.round((height * hz) / TOP_HZ);
    canvas.fill(LEFT - 6, y, 6, 1, FAINT);
    if (hz > 0 && hz < TOP_HZ) canvas.fill(LEFT, y, PLOT_WIDTH, 1, TEXT, 0.07);
    const isShown = height >= 2 * ROWS || hz % (2 * FREQUENCY_STEP_HZ) === 0;
    const label = hz === TOP_HZ ? "6 kHz" : `${hz / 1000}`;
    if (isShown && hz > 0) canvas.text(LEFT - 10, y - 7, label, FAINT, "right");
  }
  const bottom = top + height + LEVELS;
  for (const { sec, label } of ticksOf(strip, MOST_TICKS)) {
    const x = xOf(place, sec);
    canvas.fill(x, bottom, 1, 6, FAINT);
    canvas.text(Math.min(x, canvas.width - textWidth(label) / 2 - 2), bottom + 9, label, FAINT, "center");
  }
}

/** In a strip with more cues than these, labels get shorter, so that more of them find room. */
const DENSE = [10, 40];

/** A line at the onset, a bar as long as the cue, the kind and score above it where there is room. */
function drawCues(place: Place, cues: readonly CueLine[]): void {
  const { canvas, top, height, strip } = place;
  const ends = Array<number>(LABEL_ROWS).fill(0);
  for (const cue of [...cues].sort((a, b) => a.onsetSec - b.onsetSec)) {
    const colour = kindColour(cue.kind);
    const x = xOf(place, cue.onsetSec);
    const end = xOf(place, Math.min(cue.endSec ?? strip.toSec, strip.toSec));
    canvas.fill(x, top - BAR - 2, Math.max(3, end - x), BAR, colour);
    canvas.fill(x, top - BAR - 2, 2, BAR + 8, colour);
    canvas.fill(x, top + 6, 1, height + LEVELS - 6, colour, 0.55);
    drawLabel(canvas, x, top - LANE, cue, ends, cues.length);
  }
}

/** `kind score`, or its first letter and the score, or nothing: labels must not cover each other. `ends`: where each row is free. */
function drawLabel(
  canvas: Canvas,
  x: number,
  y: number,
  { kind, score }: CueLine,
  ends: number[],
  neighbours: number,
): void {
  const letter = kind.slice(0, 1).toUpperCase();
  const forms = [`${kind} ${score.toFixed(2)}`, `${letter} ${score.toFixed(2)}`, letter];
  for (const label of forms.slice(DENSE.filter((count) => neighbours > count).length)) {
    const left = Math.min(x, canvas.width - textWidth(label));
    const row = ends.findLastIndex((end) => end <= left);
    if (row < 0) continue;
    // The higher row's labels are tied to their mark.
    if (row < LABEL_ROWS - 1)
      canvas.fill(x, y + (row + 1) * TEXT_HEIGHT - 4, 1, LANE - (row + 1) * TEXT_HEIGHT, kindColour(kind), 0.5);
    canvas.text(left + 1, y + row * TEXT_HEIGHT, label, kindColour(kind));
    ends[row] = left + textWidth(label) + 8;
    return;
  }
}

function xOf({ strip }: Place, sec: number): number {
  return LEFT + Math.round(((sec - strip.fromSec) / (strip.toSec - strip.fromSec)) * PLOT_WIDTH);
}
