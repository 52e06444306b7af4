/** What is known of a sound's way from its source over one channel to the box. Metres from the centre of the field of play. */
export interface ChannelWay {
  readonly role: string;
  /** The delay of console, embedder and stream is known, and taken off already. */
  readonly isDelayKnown: boolean;
  readonly position: readonly [number, number] | null;
}

/** Where a referee may stand, centred on the origin, metres. */
export interface FieldOfPlay {
  readonly lengthM: number;
  readonly widthM: number;
}

interface RoleTraits {
  /** Score from which on this channel alone makes a cue. */
  readonly opensAt: number;
  /** What is too faint to be told may be a whistle that was due. */
  readonly mayBeFaint: boolean;
}

const MICROPHONE: RoleTraits = { opensAt: 0, mayBeFaint: true };
const ROLES: Readonly<Record<string, RoleTraits>> = {
  // The whistle is a metre away: whatever is faint here is somebody else's.
  referee: { opensAt: 0, mayBeFaint: false },
  // A mouth at the microphone, music and announcements: only what is sure.
  commentary: { opensAt: 0.7, mayBeFaint: false },
  announcer: { opensAt: 0.7, mayBeFaint: false },
};

export function traitsOf(way: ChannelWay): RoleTraits {
  return Object.hasOwn(ROLES, way.role) ? (ROLES[way.role] ?? MICROPHONE) : MICROPHONE;
}

/** A finished mix comes by way of consoles, embedders and streams: without a measured delay it may be seconds late. */
export function mayBeLate(way: ChannelWay): boolean {
  return way.role === "programme" && !way.isDelayKnown;
}

/** Worn by the referee: the sound has no way to go. */
export function isAtSource(way: ChannelWay): boolean {
  return way.role === "referee";
}

/** One video frame at 25 Hz, halved: consoles, embedders and converters that nobody measured. */
const MICROPHONE_PATH_SD_SEC = 0.02;
/** A finished mix that nobody measured: by wire it is a few frames late, by a stream seconds. */
const LATE_PATH_SD_SEC = 0.25;

/** Standard deviation of what is not known of the channel's delay, seconds. */
export function pathSdSec(way: ChannelWay): number {
  if (way.isDelayKnown) return 0;
  return mayBeLate(way) ? LATE_PATH_SD_SEC : MICROPHONE_PATH_SD_SEC;
}
