import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bell, createBellMemory } from "../../../daemon/outbox/bell.js";
import { packMessages, unpackMessages } from "../../../daemon/outbox/packed-messages.js";
import { INPUT_KINDS } from "../../../daemon/outbox/store.js";
import type { UnixMicros } from "../../../sync/index.js";

const message = fc.record({
  what: fc.constantFrom(...INPUT_KINDS),
  from: fc.constantFrom("http", "nats:ana", ""),
  arrival: fc.nat().map((micros) => micros as UnixMicros),
  body: fc.string({ unit: "binary" }),
});

describe("messages on their way to the writer's thread", () => {
  it("arrive as they were, whatever they hold and whoever sent them", () => {
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        expect(unpackMessages(structuredClone(packMessages(messages)))).toEqual(messages);
      }),
    );
  });

  it("name a sender of all of them once", () => {
    const same = { what: "log" as const, from: "http", arrival: 1 as UnixMicros, body: "{}" };
    const packed = packMessages([same, same, same]);
    expect(packed.senders).toEqual([{ what: "log", from: "http" }]);
    expect(packed.senderOf).toEqual([]);
  });
});

describe("the bell", () => {
  it("is not slept over when it rings between the look and the wait", () => {
    const bell = new Bell(createBellMemory());
    const heard = bell.heard();
    bell.ring();
    bell.waitSince(heard); // returns, or this test never ends
    expect(bell.heard()).not.toBe(heard);
  });
});
