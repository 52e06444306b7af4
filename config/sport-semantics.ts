import type { SportProfile } from "../sync/index.js";
import type { Finding } from "./findings.js";

/** Rules between the numbers of a profile. */
export function checkSport(profile: SportProfile, fileName: string): Finding[] {
  const findings: Finding[] = [];
  const tell = (segments: string[], message: string) => findings.push({ segments, at: "value", message });
  if (profile.sport !== fileName)
    tell(["sport"], `must be ${fileName}, as the file is called (got "${profile.sport}")`);
  for (const [name, event] of Object.entries(profile.classes)) {
    const at = ["classes", name];
    if (event.cue === null && event.truth !== "act") tell([...at, "truth"], "must be act where there is no cue");
    if (event.cue === null && event.detection > 0) tell([...at, "detection"], "must be 0 where there is no cue");
    if (event.cue !== null && event.detection === 0) tell(at, "has a cue, so it needs a detection above 0");
    if (event.cue !== null && !profile.cues.includes(event.cue))
      tell([...at, "cue"], `must be listed in cues too (got "${event.cue}")`);
    if (event.truth !== "act" && event.cueDelay.medianSec !== 0) {
      tell([...at, "cueDelay", "medianSec"], "must be 0 where the cue is the truth");
    }
  }
  for (const kind of Object.keys(profile.clutterPerHour)) {
    if (!profile.cues.some((cue) => cue === kind)) tell(["clutterPerHour", kind], "is not listed in cues");
  }
  return findings;
}
