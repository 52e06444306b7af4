import { Session } from "node:inspector/promises";

interface ProfileNode {
  readonly selfSize: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children: readonly ProfileNode[];
}

export interface Allocated {
  readonly bytes: number;
  /** Who allocated most, first. */
  readonly by: readonly { readonly place: string; readonly bytes: number }[];
}

/** Bytes a run allocates on the heap, what was collected meanwhile included, by V8's sampling heap profiler (an estimate: every 512th byte on average). */
export async function allocatedBy(run: () => void): Promise<Allocated> {
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.enable");
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: 512,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as object);
    run();
    const { profile } = (await session.post("HeapProfiler.stopSampling")) as { profile: { head: ProfileNode } };
    return sumUp(profile.head);
  } finally {
    session.disconnect();
  }
}

function sumUp(head: ProfileNode): Allocated {
  const places = new Map<string, number>();
  let bytes = 0;
  const visit = ({ selfSize, callFrame, children }: ProfileNode): void => {
    const place = `${callFrame.functionName || "(anonymous)"} ${callFrame.url.replace(/^.*\//, "") || "built-in"}:${callFrame.lineNumber + 1}`;
    bytes += selfSize;
    if (selfSize > 0) places.set(place, (places.get(place) ?? 0) + selfSize);
    for (const child of children) visit(child);
  };
  visit(head);
  const by = [...places].map(([place, size]) => ({ place, bytes: size })).sort((a, b) => b.bytes - a.bytes);
  return { bytes, by };
}
