import { describe, expect, it } from "vitest";
import type { StoredMessage, StreamFacts } from "../../../daemon/link.js";
import { type Cursor, findHeld, findHoles, nextPosition } from "../../../daemon/outputs/stream-position.js";

const BOX = { venue: "arena", box: "a" };

/** A stream as a list: `e1:5` is our sequence 5 of epoch e1, `-` a foreign message, `null` a deleted one. */
function streamOf(
  messages: readonly (string | null)[],
  firstSequence = 1,
): { facts: StreamFacts; reads: number[]; owner: Parameters<typeof findHeld>[0] } {
  const reads: number[] = [];
  const storedMessage = async (_: string, at: number): Promise<{ ok: true; value: StoredMessage | null }> => {
    reads.push(at);
    const text = messages[at - firstSequence];
    if (text === null || text === undefined) return { ok: true, value: null };
    const [epoch, sequence] = text.split(":");
    const headers: Record<string, string> =
      text === "-"
        ? {}
        : {
            "ce-id": `a.${epoch}.${sequence}`,
            "ce-epoch": `${epoch}`,
            "ce-sequence": `000${sequence}`,
            "ce-recordedtime": "t",
          };
    return { ok: true, value: { subject: "s", header: (name) => headers[name] ?? "" } };
  };
  const facts = {
    name: "S",
    subjects: [],
    lastSequence: firstSequence + messages.length - 1,
    firstSequence,
    messages: messages.length,
    maxMessageBytes: -1,
    replicas: 1,
    isFileStorage: true,
    isLimitsRetention: true,
    isDiscardNew: true,
    unusable: null,
  };
  return { facts, reads, owner: { link: { storedMessage }, box: BOX, epoch: "e1", lane: "live" } };
}

function cursorAt(acknowledged: number, base: number | null, last = 100, oldest = 1): Cursor {
  return { lane: "live", last, acknowledged, oldest, base };
}

async function heldOf(messages: readonly (string | null)[], cursor: Cursor, firstSequence = 1): Promise<number> {
  const { owner, facts } = streamOf(messages, firstSequence);
  const answer = await findHeld(owner, facts, cursor);
  return answer.ok ? answer.value.sequence : -1;
}

describe("findHeld", () => {
  it.each([
    ["an empty new stream", [], cursorAt(0, null), 0],
    ["acknowledgements that were lost", ["e1:1", "e1:2", "e1:3"], cursorAt(1, 0), 3],
    ["an earlier epoch", ["e0:8", "e0:9"], cursorAt(0, null), 0],
    ["foreign messages at the end", ["e1:1", "e1:2", "-", "-"], cursorAt(2, 0), 2],
    ["a server that went back", ["e1:1", "e1:2"], cursorAt(50, 0), 2],
    ["a server that went back before this epoch", ["e0:1"], cursorAt(50, 1), 0],
    ["a stream made anew", [], cursorAt(50, 0), 0],
    ["deleted messages at the end", ["e1:1", "e1:2", null], cursorAt(2, 0), 2],
    ["records that were skipped as lost", ["e1:2"], cursorAt(9, -8), 9],
  ])("understands %s", async (_, messages, cursor, expected) => {
    expect(await heldOf(messages, cursor)).toBe(expected);
  });

  it("goes by the numbering when the stream was emptied", async () => {
    expect(await heldOf([], cursorAt(20, 3), 24)).toBe(20);
  });

  it("looks at one message where nothing is odd", async () => {
    const { owner, facts, reads } = streamOf(["e1:1", "e1:2", "e1:3"]);
    await findHeld(owner, facts, cursorAt(3, 0));
    expect(reads).toEqual([3]);
  });
});

describe("findHoles", () => {
  it("names what is missing behind the last acknowledged record", async () => {
    const { owner, facts } = streamOf(["e1:1", "-", "-", "e1:4", "e1:5"]);
    expect(await findHoles(owner, facts, cursorAt(1, 0), 5)).toEqual({ ok: true, value: [2, 3] });
  });

  it("reads nothing where everything was acknowledged", async () => {
    const { owner, facts, reads } = streamOf(["e1:1", "e1:2"]);
    expect(await findHoles(owner, facts, cursorAt(2, 0), 2)).toEqual({ ok: true, value: [] });
    expect(reads).toEqual([]);
  });
});

describe("nextPosition", () => {
  it("goes on after what is held", () => {
    const { facts } = streamOf(["e0:1", "e1:1", "e1:2"]);
    expect(nextPosition(facts, cursorAt(2, 1), 2)).toEqual({ next: 3, base: 1, held: 2, lost: null });
  });

  it("skips what is kept no more, and says so", () => {
    const { facts } = streamOf([]);
    expect(nextPosition(facts, cursorAt(20, 0, 30, 11), 0)).toEqual({
      next: 11,
      base: -10,
      held: 0,
      lost: { from: 1, to: 10 },
    });
  });
});
