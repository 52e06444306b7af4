import { SAME_PLAY_SEC } from "./fuse-loggers.js";
import type { TrackedEvent } from "./tracked-event.js";

export interface OccurrenceChange {
  readonly tracked: TrackedEvent;
  readonly occurrenceId: string;
  readonly sources: readonly string[];
}

/** Records of different loggers, of one class and near in corrected time, belong to one play; returns those whose play changed. */
export function groupOccurrences(events: readonly TrackedEvent[]): OccurrenceChange[] {
  const groups: TrackedEvent[][] = [];
  const usable = events
    .filter((event) => event.status !== "retracted" && event.told !== null && event.told.anchor !== "none")
    .sort((a, b) => timeOf(a) - timeOf(b) || a.order - b.order);
  for (const event of usable) {
    const group = groups.slice(-12).find((candidate) => isSamePlay(candidate, event));
    if (group === undefined) groups.push([event]);
    else group.push(event);
  }
  return groups.flatMap(changesOf);
}

function isSamePlay(group: readonly TrackedEvent[], event: TrackedEvent): boolean {
  return group.every((other) => {
    if (other.logged.logger === event.logged.logger || other.logged.class !== event.logged.class) return false;
    const ownCue = event.told?.cues[0];
    const otherCue = other.told?.cues[0];
    if (ownCue !== undefined && otherCue !== undefined) return ownCue === otherCue;
    return Math.abs(timeOf(event) - timeOf(other)) <= SAME_PLAY_SEC * 1e6;
  });
}

function changesOf(group: readonly TrackedEvent[]): OccurrenceChange[] {
  const sorted = [...group].sort((a, b) => a.order - b.order);
  const occurrenceId = sorted[0]?.logged.occurrence ?? sorted[0]?.logged.eventId ?? "";
  return sorted
    .map((tracked) => ({
      tracked,
      occurrenceId: tracked.logged.occurrence ?? occurrenceId,
      sources: sorted.filter((other) => other !== tracked).map((other) => other.logged.eventId),
    }))
    .filter(
      ({ tracked, sources, occurrenceId: id }) =>
        tracked.occurrenceId !== id || tracked.sources.join() !== sources.join(),
    );
}

function timeOf(event: TrackedEvent): number {
  return event.told?.time ?? 0;
}
