import { describe, expect, it } from "vitest";
import type { ExpectedLast, LinkAnswer, OutgoingMessage } from "../../../daemon/link.js";
import { PublishWindow } from "../../../daemon/outputs/publish-window.js";
import { fixedWindow } from "../../../daemon/outputs/window-size.js";

type Answer = LinkAnswer<{ readonly sequence: number }>;

/** A stream in memory that answers when told to, and into which others may write. */
class FakeStream {
  readonly stored: string[] = [];
  readonly asked: ExpectedLast[] = [];
  readonly #waiting: { message: OutgoingMessage; expected: ExpectedLast; resolve: (answer: Answer) => void }[] = [];

  publish(message: OutgoingMessage, expected: ExpectedLast): Promise<Answer> {
    this.asked.push(expected);
    return new Promise((resolve) => this.#waiting.push({ message, expected, resolve }));
  }

  async answer(count: number): Promise<void> {
    for (const { message, expected, resolve } of this.#waiting.splice(0, count)) {
      const isNext = expected.sequence === this.stored.length;
      const isAfter = expected.id === null || expected.id === this.stored.at(-1);
      if (isNext && isAfter) resolve({ ok: true, value: { sequence: this.stored.push(String(message.body)) } });
      else resolve({ ok: false, reason: "wrongSequence", message: "" });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function open(stream: FakeStream, size: number): { window: PublishWindow; acknowledged: number[] } {
  const acknowledged: number[] = [];
  const onAcknowledged = (sequence: number): void => void acknowledged.push(sequence);
  return {
    window: new PublishWindow({
      link: stream,
      size: fixedWindow(size),
      nowMs: () => 0,
      onAcknowledged,
      onBroken: () => undefined,
    }),
    acknowledged,
  };
}

function send(window: PublishWindow, sequence: number): Promise<void> {
  return window.send({ subject: "s", headers: [], body: String(sequence) }, sequence, String(sequence));
}

describe("PublishWindow", () => {
  it("has at most its size on the way", async () => {
    const stream = new FakeStream();
    const { window } = open(stream, 3);
    window.begin(0, 0, true);
    const sending = (async () => {
      for (let n = 1; n <= 10; n++) await send(window, n);
    })();
    await stream.answer(0);
    expect(stream.asked.length).toBe(3);
    await stream.answer(2);
    expect(stream.asked.length).toBe(5);
    while (stream.stored.length < 10) await stream.answer(10);
    await sending;
    expect(stream.stored).toEqual(Array.from({ length: 10 }, (_, i) => String(i + 1)));
  });

  it("stores none of a window into which someone else wrote, though one of them meets the sequence it expects", async () => {
    const stream = new FakeStream();
    const { window, acknowledged } = open(stream, 10);
    window.begin(0, 0, true);
    await send(window, 1);
    await stream.answer(1);
    stream.stored.push("foreign", "foreign");
    for (const n of [2, 3, 4, 5]) await send(window, n);
    await stream.answer(10);
    expect(stream.stored).toEqual(["1", "foreign", "foreign"]);
    expect(acknowledged).toEqual([1]);
    expect(window.failure?.reason).toBe("wrongSequence");
  });

  it("acknowledges nothing beyond a hole where messages cannot be chained", async () => {
    const stream = new FakeStream();
    const { window, acknowledged } = open(stream, 10);
    window.begin(0, 0, false);
    stream.stored.push("foreign", "foreign");
    for (const n of [1, 2, 3, 4]) await send(window, n);
    await stream.answer(10);
    expect(stream.stored).toEqual(["foreign", "foreign", "3", "4"]);
    expect(acknowledged).toEqual([]);
  });

  it("sends nothing after a failure, and ends a send that waits", async () => {
    const stream = new FakeStream();
    const { window } = open(stream, 1);
    window.begin(0, 0, true);
    await send(window, 1);
    const waiting = send(window, 2);
    window.fail("other", "stopping");
    await waiting;
    await send(window, 3);
    expect(stream.asked.length).toBe(1);
  });
});
