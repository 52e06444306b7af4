import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CueFusion, type FusedCue } from "../../../sync/index.js";
import { makeNoise } from "../dsp/sound.js";
import {
  at,
  type Delivery,
  deliveries,
  FIELD,
  type Microphone,
  placed,
  programme,
  START,
  whistles,
} from "./venue-sound.js";

const THREE = [placed("north", 0, 38), placed("south-west", -58, -20), placed("south-east", 58, -20)];

/** Everything that is told, ticks included. */
function fuse(list: readonly Delivery[], fusion = new CueFusion(FIELD)): FusedCue[] {
  const told: FusedCue[] = [];
  let now = START;
  for (const { cue, way, at: time } of list) {
    for (let due = fusion.nextDue(); due !== null && due <= time; due = fusion.nextDue())
      told.push(...fusion.tick(due));
    if (time > now) now = time;
    told.push(...fusion.push(cue, way, now));
  }
  for (let due = fusion.nextDue(); due !== null; due = fusion.nextDue()) told.push(...fusion.tick(due));
  return [...told, ...fusion.end()];
}

const finals = (told: readonly FusedCue[]) => told.filter(({ cue }) => cue.isFinal);
const errorsMs = (told: readonly FusedCue[], truth: readonly { sec: number }[]) =>
  finals(told).map(({ cue }) => {
    const sec = (cue.onset - START) / 1e6;
    return 1000 * Math.min(...truth.map((one) => Math.abs(one.sec - sec)));
  });
const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
const idsOf = (told: readonly FusedCue[]) => new Set(told.map(({ cue }) => cue.cueId)).size;

describe("several microphones", () => {
  const truth = whistles(60, 5);

  it("tell each whistle once, at its source, far better than one of them", () => {
    const told = fuse(deliveries(truth, THREE, 6));
    const alone = fuse(deliveries(truth, THREE.slice(0, 1), 6));
    expect([finals(told).length, idsOf(told)]).toEqual([60, 60]);
    expect(new Set(finals(told).map(({ reference }) => reference))).toEqual(new Set(["source"]));
    expect(finals(told)[0]?.channels).toEqual(["north", "south-east", "south-west"]);
    expect(rms(errorsMs(told, truth))).toBeLessThan(12);
    expect(rms(errorsMs(alone, truth))).toBeGreaterThan(3 * rms(errorsMs(told, truth)));
  });

  it("state a deviation that their errors bear out", () => {
    for (const microphones of [THREE, THREE.slice(0, 2), THREE.slice(0, 1)]) {
      const told = finals(fuse(deliveries(truth, microphones, 7)));
      const stated = rms(told.map(({ cue }) => 1000 * cue.onsetSdSec));
      const found = rms(errorsMs(told, truth));
      expect(found / stated).toBeGreaterThan(0.6);
      expect(found / stated).toBeLessThan(1.4);
    }
  });

  it("tell it provisionally as soon as the first one reports it", () => {
    const list = deliveries(truth.slice(0, 1), THREE, 6);
    const fusion = new CueFusion(FIELD);
    const [first] = list;
    const told = fusion.push((first as Delivery).cue, (first as Delivery).way, (first as Delivery).at);
    expect(told.map(({ cue }) => [cue.isFinal, cue.end, cue.cueId])).toEqual([[false, null, first?.cue.cueId]]);
  });

  it("leave one out that heard an echo", () => {
    const four = [...THREE, placed("echo", 0, -45)];
    const list = deliveries(truth, four, 8).map((one) =>
      one.cue.channel === "echo"
        ? { ...one, cue: { ...one.cue, onset: (one.cue.onset + 120_000) as typeof START } }
        : one,
    );
    expect(rms(errorsMs(fuse(list), truth))).toBeLessThan(15);
  });

  it("without places are told at the microphone that was nearest", () => {
    const unplaced = THREE.map((one): Microphone => ({ ...one, way: { ...one.way, position: null } }));
    const told = finals(fuse(deliveries(truth, unplaced, 9)));
    expect(told.length).toBe(60);
    for (const [i, { cue, reference }] of told.entries()) {
      const { sec, place } = truth[i] as (typeof truth)[number];
      const nearest = Math.min(
        ...THREE.map(({ place: p }) => Math.hypot(place[0] - (p?.[0] ?? 0), place[1] - (p?.[1] ?? 0))),
      );
      expect(reference).toBe("microphone");
      expect(Math.abs((cue.onset - START) / 1e6 - sec - nearest / 343)).toBeLessThan(0.04);
    }
  });

  it("worn by the referee needs no travel taken off", () => {
    const worn: Microphone = {
      ...placed("ref", 0, 0),
      place: null,
      way: { role: "referee", isDelayKnown: true, position: null },
    };
    const told = fuse(deliveries(truth, [worn, ...THREE.slice(0, 1)], 10));
    expect(finals(told).length).toBe(60);
    expect(rms(errorsMs(told, truth))).toBeLessThan(8);
  });
});

describe("a channel of unknown delay", () => {
  const truth = whistles(40, 15);

  it.each([0.12, 1.4, 2.6])("of %d s is measured and its whistles are never told again", (delaySec) => {
    const fusion = new CueFusion(FIELD);
    const told = fuse(deliveries(truth, [...THREE, programme(delaySec)], 16), fusion);
    expect([finals(told).length, idsOf(told)]).toEqual([40, 40]);
    const measured = fusion.pathDelays.get("programme");
    // Beside its own delay the mix has the travel to its microphone in it, which differs from whistle to whistle.
    expect(measured?.pairs).toBeGreaterThan(20);
    expect(Math.abs((measured?.sec ?? 0) - delaySec - 0.13)).toBeLessThan(0.06);
    expect(rms(errorsMs(told, truth))).toBeLessThan(15);
    expect(fusion.counts.duplicates).toBe(3 * 40);
  });

  it("is measured through trains of blasts, too", () => {
    const trains = truth
      .slice(0, 12)
      .flatMap(({ sec, place }) => [0, 0.55, 1.1].map((late) => ({ sec: sec + late, place })));
    const fusion = new CueFusion(FIELD);
    const told = fuse(deliveries(trains, [...THREE, programme(1.4)], 17), fusion);
    expect(fusion.pathDelays.get("programme")?.sec).toBeCloseTo(1.4 + 0.13, 1);
    expect(finals(told).length).toBe(36);
  });

  it("tells what it alone heard, at its measured time", () => {
    const list = deliveries(truth, [...THREE, programme(1.4)], 18);
    const only = truth.at(-1)?.sec ?? 0;
    const told = fuse(list.filter(({ cue }) => cue.channel === "programme" || cue.onset < at(only - 2)));
    expect(finals(told).length).toBe(40);
    const last = finals(told).at(-1) as FusedCue;
    expect(last.channels).toEqual(["programme"]);
    expect(Math.abs((last.cue.onset - START) / 1e6 - only)).toBeLessThan(0.12);
  });

  it("that is taken for a microphone nearby is found out after a few whistles", () => {
    const near: Microphone = {
      ...placed("near", 0, 38),
      way: { role: "ambience", isDelayKnown: false, position: null },
    };
    const stream: Microphone = { ...near, channel: "stream", delaySec: 2 };
    const fusion = new CueFusion(FIELD);
    const told = finals(fuse(deliveries(truth, [near, stream], 20), fusion));
    expect(fusion.pathDelays.get("near")).toBeUndefined();
    expect(fusion.pathDelays.get("stream")?.sec).toBeCloseTo(2, 1);
    const after = (sec: number) => told.filter(({ cue }) => cue.onset > at(sec)).length;
    // The first ones are told twice: nothing says that it is no other whistle.
    expect(told.length).toBeGreaterThan(40);
    expect(after((truth[5]?.sec ?? 0) - 1)).toBe(35);
  });

  it("that is alone in its venue is told as it comes, with a wide deviation", () => {
    const told = finals(fuse(deliveries(truth, [programme(0)], 19)));
    expect(told.length).toBe(40);
    expect(told[0]?.cue.onsetSdSec).toBeGreaterThan(0.2);
  });
});

describe("CueFusion", () => {
  it("tells the same onsets in whatever order the channels deliver", () => {
    const truth = whistles(12, 25);
    const list = deliveries(
      truth,
      [...THREE, { ...programme(0), way: { ...programme(0).way, isDelayKnown: true } }],
      26,
    );
    const onsets = (told: readonly FusedCue[]) =>
      finals(told)
        .map(({ cue }) => cue.onset)
        .sort();
    const expected = onsets(fuse(list));
    expect(expected.length).toBe(12);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const noise = makeNoise(seed);
        // Each channel is up to 0.25 s later than it was; the tellings of one cue stay in their order.
        const late = new Map<string, number>();
        const shuffled = list
          .map((one) => {
            const by = late.get(one.cue.channel) ?? 0.12 * (1 + noise());
            late.set(one.cue.channel, by);
            return { ...one, at: (one.at + Math.round(by * 1e6)) as typeof START };
          })
          .sort((a, b) => a.at - b.at);
        const told = fuse(shuffled);
        expect(idsOf(told)).toBe(12);
        onsets(told).forEach((onset, i) => {
          expect(Math.abs(onset - (expected[i] ?? 0))).toBeLessThan(15_000);
        });
      }),
      { numRuns: 25 },
    );
  });

  it("goes on after a restart as if nothing had happened", () => {
    const list = deliveries(whistles(15, 35), [...THREE, programme(1.4)], 36);
    const whole = fuse(list);
    let fusion = new CueFusion(FIELD);
    const parts: FusedCue[] = [];
    for (const one of list) {
      for (let due = fusion.nextDue(); due !== null && due <= one.at; due = fusion.nextDue())
        parts.push(...fusion.tick(due));
      parts.push(...fusion.push(one.cue, one.way, one.at));
      const next = new CueFusion(FIELD);
      next.restore(JSON.parse(JSON.stringify(fusion.snapshot())));
      fusion = next;
    }
    for (let due = fusion.nextDue(); due !== null; due = fusion.nextDue()) parts.push(...fusion.tick(due));
    expect([...parts, ...fusion.end()]).toEqual(whole);
    fusion.restore({ sounds: 7 });
    fusion.restore(null);
  });

  it("names the sound that a replay repeats, and hears a commentator's microphone only when it is sure", () => {
    const [one, two] = deliveries(whistles(2, 45), [placed("a", 0, 38)], 46).filter(({ cue }) => cue.isFinal) as [
      Delivery,
      Delivery,
    ];
    const replay = { ...two, cue: { ...two.cue, flags: ["replay"], replayOf: one.cue.cueId } };
    expect(finals(fuse([one, replay])).map(({ cue }) => [cue.flags, cue.replayOf])).toEqual([
      [[], undefined],
      [["replay"], one.cue.cueId],
    ]);
    const desk = { role: "commentary", isDelayKnown: true, position: null };
    const said = (score: number) => fuse([{ ...one, way: desk, cue: { ...one.cue, score } }]).length;
    expect([said(0.5), said(0.8)]).toEqual([0, 1]);
  });
});
