import { Channels } from "./channels.js";
import { byId, setText } from "./dom.js";
import { EventsTable } from "./events-table.js";
import { isCueData, isEventData, isRecord, type LiveMessage } from "./protocol.js";
import { connectForEver } from "./reconnecting-socket.js";
import { HeardList, showBoxState, showStatus, showSummary } from "./side-panels.js";
import { followTheme } from "./theme.js";

const channels = new Channels();
const events = new EventsTable();
const heard = new HeardList();

function takeLive(message: unknown): void {
  const live = message as LiveMessage;
  if (live.type === "hello") channels.begin(live);
  if (live.type === "status") showStatus(live);
  if (live.type === "summary") showSummary(live);
  if (live.type !== "frame") return;
  for (const frame of live.channels) channels.show(frame);
}

function takeRecord(message: unknown): void {
  if (!isRecord(message)) return;
  if (isEventData(message.data)) events.show(message.data);
  if (isCueData(message.data)) {
    channels.mark(message.data);
    heard.show(message.data);
  }
}

/** What was corrected before the page opened; the feed then goes on from there. */
async function loadEvents(): Promise<void> {
  const response = await fetch("/v1/events?limit=100");
  const { events: known } = (await response.json()) as { events: unknown[] };
  for (const record of known.reverse()) takeRecord(record);
}

function showClock(): void {
  setText(byId("clock"), `${new Date().toISOString().slice(11, 19)} UTC`);
}

// Browsers that do not let a keyboard scroll a table need it said.
byId("events").tabIndex = 0;
followTheme(() => channels.redraw());
showClock();
setInterval(showClock, 1000);
connectForEver(() => "/v1/live", {
  onMessage: takeLive,
  onOpen: () => undefined,
  onLost: () => showBoxState("lost", ["The box cannot be reached; trying again"]),
  isTalkative: true,
});
connectForEver(() => "/v1/feed", {
  onMessage: takeRecord,
  onOpen: () => {
    // Without the snapshot the table fills from the feed alone.
    loadEvents().catch(() => undefined);
  },
  onLost: () => undefined,
  isTalkative: false,
});
