/**
 * SMPTE ST 12-1 timecode, in whole numbers throughout: a timecode is the index of its frame within the day of labels, 0 to
 * `framesPerDay` - 1, and both ends of the day meet.
 *
 * Drop-frame, at 29.97 and 59.94 only: in each minute but every tenth the first two (four) labels are left out, so that a day of labels
 * is a day of time to within 86 ms. No frame is dropped, only its number.
 */
import type { FrameRate } from "./frame-rate.js";

/** How frames are numbered. */
export interface TimecodeFormat {
  readonly rate: FrameRate;
  readonly isDropFrame: boolean;
}

const MINUTES_PER_DAY = 24 * 60;
const TIMECODE = /^(\d{2})([:;])(\d{2})([:;])(\d{2})([:;])(\d{2})$/;

/** Whether the format exists: drop-frame is defined for 29.97 and 59.94. */
export function isFormat({ rate, isDropFrame }: TimecodeFormat): boolean {
  return !isDropFrame || (rate.den === 1001 && rate.labelsPerSecond % 30 === 0);
}

/** 2 at 29.97, 4 at 59.94, 0 without drop-frame. */
function droppedPerMinute({ rate, isDropFrame }: TimecodeFormat): number {
  return isDropFrame ? (2 * rate.labelsPerSecond) / 30 : 0;
}

function framesPerMinute(format: TimecodeFormat): number {
  return format.rate.labelsPerSecond * 60 - droppedPerMinute(format);
}

/** Ten minutes hold nine that are short and one that is whole. */
function framesPerTenMinutes(format: TimecodeFormat): number {
  return framesPerMinute(format) * 10 + droppedPerMinute(format);
}

export function framesPerDay(format: TimecodeFormat): number {
  return framesPerTenMinutes(format) * (MINUTES_PER_DAY / 10);
}

/**
 * `HH:MM:SS:FF`, drop-frame `HH:MM:SS;FF`, to the frame's index. `null` for what is no label of the format: 25 h, frame 30 at 30, a label
 * that drop-frame leaves out, `;` at a rate that has no drop-frame.
 */
export function parseTimecode(text: string, rate: FrameRate): { frame: number; format: TimecodeFormat } | null {
  const match = TIMECODE.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds, frames] = [match[1], match[3], match[5], match[7]].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const format = { rate, isDropFrame: match[6] === ";" };
  if (!isFormat(format) || hours > 23 || minutes > 59 || seconds > 59 || frames >= rate.labelsPerSecond) return null;
  const dropped = droppedPerMinute(format);
  if (seconds === 0 && minutes % 10 !== 0 && frames < dropped) return null;
  const minute = hours * 60 + minutes;
  const label = (minute * 60 + seconds) * rate.labelsPerSecond + frames;
  return { frame: label - dropped * (minute - Math.floor(minute / 10)), format };
}

/** The label of a frame; indices beyond the day go round, below zero too. `null` when it is no whole number. */
export function formatTimecode(frame: number, format: TimecodeFormat): string | null {
  if (!Number.isSafeInteger(frame) || !isFormat(format)) return null;
  const label = labelOf(wrapFrame(frame, format), format);
  const { labelsPerSecond } = format.rate;
  const second = Math.floor(label / labelsPerSecond);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  const separator = format.isDropFrame ? ";" : ":";
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${separator}${two(label % labelsPerSecond)}`;
}

/** Puts the labels that are left out back into the count. */
function labelOf(frame: number, format: TimecodeFormat): number {
  const dropped = droppedPerMinute(format);
  const tens = Math.floor(frame / framesPerTenMinutes(format));
  const rest = frame % framesPerTenMinutes(format);
  // The first minute of ten is whole: within it nothing is left out yet.
  const minutes = rest < dropped ? 0 : Math.floor((rest - dropped) / framesPerMinute(format));
  return frame + dropped * (tens * 9 + minutes);
}

/** Into the day, from either side of midnight. */
export function wrapFrame(frame: number, format: TimecodeFormat): number {
  const day = framesPerDay(format);
  return ((frame % day) + day) % day;
}

/** Frames from one to the other by the shorter way round midnight: -day/2 <= frames < day/2. */
export function framesBetween(earlier: number, later: number, format: TimecodeFormat): number {
  const half = framesPerDay(format) / 2;
  return wrapFrame(later - earlier + half, format) - half;
}

/** Frames in a stretch of time, to the nearest one; halves away from zero, so that there and back is nothing. */
export function framesOfMicros(micros: number, { num, den }: FrameRate): number {
  if (!Number.isFinite(micros)) return 0;
  const whole = BigInt(Math.round(Math.abs(micros))) * BigInt(num);
  const unit = BigInt(den) * 1_000_000n;
  return Math.sign(micros) * Number((2n * whole + unit) / (2n * unit));
}

/** Microseconds that so many frames last, to the nearest one. */
export function microsOfFrames(frames: number, { num, den }: FrameRate): number {
  return Math.round((frames * den * 1_000_000) / num);
}
