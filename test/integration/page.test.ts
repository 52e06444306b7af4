import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WebServerDeps } from "../../daemon/web/index.js";
import type { UnixMicros } from "../../sync/index.js";
import { findTool } from "../unit/systemd/tools.js";
import { BANDS_HZ, eventRecord, startWeb, type WebFixture } from "./web-fixture.js";

const CHROMIUM = findTool("chromium");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const NOW = Date.parse("2026-05-16T18:43:00Z");
const SHOTS = process.env.TOUCHLINE_SCREENSHOTS;

const suite = CHROMIUM === null ? describe.skip : describe;

suite(CHROMIUM === null ? "skipped: chromium is not on the PATH" : "the page in a real browser", () => {
  let browser: Browser;
  let profile: string;
  let web: WebFixture;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), "touchline-page-"));
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? "",
      headless: true,
      args: FLAGS,
      env: { ...process.env, HOME: profile },
    });
  });

  afterAll(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });

  afterEach(async () => {
    await page.close();
    await web.server.stop();
  });

  async function open(overrides: Partial<WebServerDeps> = {}, snapshot: readonly unknown[] = []): Promise<void> {
    problems.length = 0;
    web = await startWeb(overrides);
    web.feed.snapshot = snapshot;
    showMinute(web);
    page = await browser.newPage({ viewport: { width: 1600, height: 900 }, colorScheme: "dark" });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(web.url);
    await expect.poll(() => web.feed.sockets.size).toBe(1);
  }

  it("opens without a complaint of the browser and shows venue, session, state and links", async () => {
    await open();
    await expect.poll(() => page.textContent("#session-name")).toBe("Cup final");
    expect(await page.textContent("#venue-name")).toContain("arena");
    expect(await page.textContent("#box-state")).toBe("degraded");
    expect(await page.textContent("#links")).toContain("1\u2009204 waiting");
    expect(problems).toEqual([]);
  });

  it("shows an event of the feed and changes its row when it is revised", async () => {
    await open();
    web.feed.send(eventRecord("anna/1", 1));
    await page.waitForSelector('tr[data-event="anna/1"][data-revision="1"]');
    expect(await page.textContent('tr[data-event="anna/1"]')).toContain("−1.88 s");
    web.feed.send(eventRecord("ben/2", 1, { class: "goal" }));
    web.feed.send(eventRecord("anna/1", 2, { state: "confirmed", anchor: "whistle", shiftSec: -2.04 }));
    await page.waitForSelector('tr[data-event="anna/1"][data-revision="2"].revised');
    expect(await page.textContent('tr[data-event="anna/1"]')).toContain("−2.04 s");
    expect(await page.locator("#event-rows tr").first().getAttribute("data-event")).toBe("ben/2");
    expect(await page.locator("#event-rows tr").count()).toBe(2);
    expect(await page.locator("#fuel").isVisible()).toBe(false);
  });

  it("keeps the later revision when an earlier one arrives behind it", async () => {
    await open();
    web.feed.send(eventRecord("anna/1", 3));
    web.feed.send(eventRecord("anna/1", 2));
    web.feed.send(eventRecord("ben/2", 1));
    await page.waitForSelector('tr[data-event="ben/2"]');
    expect(await page.getAttribute('tr[data-event="anna/1"]', "data-revision")).toBe("3");
  });

  it("shows what was corrected and heard before it opened", async () => {
    await open({ latest: async (kind) => (kind === "cue" ? [cueRecord("w1", 12, "whistle")] : []) }, [
      eventRecord("anna/1", 3),
    ]);
    await page.waitForSelector('tr[data-event="anna/1"][data-revision="3"]');
    await expect.poll(() => page.textContent("#cues")).toContain("whistle");
  });

  it("goes on with the feed where it was when the line broke", async () => {
    await open();
    web.feed.send(eventRecord("anna/1", 1));
    web.feed.send(eventRecord("anna/1", 2));
    await page.waitForSelector('tr[data-revision="2"]');
    for (const socket of web.feed.sockets) socket.terminate();
    await expect.poll(() => web.feed.queries.length).toBe(2);
    expect(Object.fromEntries(web.feed.queries[1]!)).toEqual({ epoch: "e1", live: "2" });
  });

  it("draws the last minute at once, in more than one colour", async () => {
    await open();
    await expect.poll(() => countColours(page)).toBeGreaterThan(50);
    expect(await page.getAttribute(".meter-track", "aria-valuenow")).toBe("-23");
  });

  it("sets text from outside as text", async () => {
    await open();
    web.feed.send(eventRecord("<img src=x onerror=alert(1)>", 1, { class: "<b>goal</b>" }));
    await page.waitForSelector("#event-rows tr");
    expect(await page.textContent("#event-rows th")).toBe("<b>goal</b>");
    expect(problems).toEqual([]);
  });

  it("says that the box is lost and comes back by itself", async () => {
    await open();
    const { port } = new URL(web.url);
    await web.server.stop();
    await expect.poll(() => page.textContent("#box-state")).toBe("lost");
    web = await startWeb({ listen: `127.0.0.1:${port}` });
    showMinute(web);
    await expect.poll(() => page.textContent("#box-state"), { timeout: 30_000 }).toBe("degraded");
  });

  it("switches between dark and light by keyboard and keeps the choice", async () => {
    await open();
    await page.focus("#theme");
    await page.keyboard.press("Enter");
    expect(await page.getAttribute("html", "data-theme")).toBe("light");
    await page.reload();
    await expect.poll(() => page.getAttribute("html", "data-theme")).toBe("light");
  });

  it("shows the result of a demo as a table", async () => {
    await open();
    web.live.pushSummary({
      title: "Result",
      head: ["Within", "Logged", "Corrected"],
      rows: [["0.25 s", "4 %", "81 %"]],
      note: "212 events",
    });
    await expect.poll(() => page.textContent("#summary-rows")).toBe("0.25 s4 %81 %");
    if (SHOTS !== undefined) await shoot(web, page, SHOTS);
  });
});

function countColours(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("canvas");
    if (canvas === null || canvas.width === 0) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })()`);
}

/** A minute of crowd with two whistles, and the state of a box whose cloud is away. */
function showMinute({ live }: WebFixture): void {
  for (let step = 0; step < 1200; step++) {
    const time = ((NOW - (1200 - step) * 50) * 1000) as UnixMicros;
    const swell = Math.max(0, Math.sin(step / 190)) * 14;
    const isWhistle = (step > 300 && step < 322) || (step > 820 && step < 828);
    const bandsDb = BANDS_HZ.map((hz, band) => {
      const crowd = -52 + swell - Math.abs(Math.log2(hz / 900)) * 7 + Math.sin(step * 12.9 + band * 78.2) * 3;
      const tone = isWhistle && Math.abs(Math.log2(hz / 3600)) < 0.08 ? -24 : -120;
      return Math.max(crowd, tone);
    });
    live.pushColumn("ambience", { time, bandsDb });
    live.pushLevel("ambience", { time, rmsDb: -23, peakDb: -9, crowdRiseDb: swell, excitement: swell / 14 });
  }
  live.pushStatus({
    venue: "arena",
    box: "a",
    version: "0.1.0",
    state: "degraded",
    reasons: ["output cloud: no server at nats://10.0.0.5:4222 since 18:31:07"],
    sessions: [{ session: "cup-final", name: "Cup final", sport: "football", state: "live" }],
    outputs: [
      { name: "cloud", type: "jetstream", state: "down", detail: "no server at nats://10.0.0.5:4222", backlog: 1204 },
      { name: "archive", type: "file", state: "up", detail: null, backlog: 0 },
    ],
    progress: { share: 0.62, note: "52:10 of 90:00" },
  });
}

/** Pictures for people to look at: set TOUCHLINE_SCREENSHOTS to a folder. */
async function shoot({ feed }: WebFixture, page: Page, folder: string): Promise<void> {
  const classes = [
    "kick_off",
    "throw_in",
    "foul",
    "free_kick",
    "shot_off",
    "goal_kick",
    "offside",
    "corner",
    "goal",
    "kick_off",
  ];
  classes.forEach((name, index) => {
    const at = NOW - (classes.length - index) * 5200;
    const halfMs = 90 + index * 60;
    const isHeard = ["foul", "kick_off", "offside"].includes(name);
    feed.send(
      eventRecord(`anna/${index}`, 1, {
        class: name,
        anchor: isHeard ? "whistle" : name === "goal" ? "roar" : index === 4 ? "none" : "clock",
        state: index < 4 ? "final" : index < 8 ? "confirmed" : "provisional",
        shiftSec: -1.2 - index * 0.31,
        confidence: isHeard ? 0.99 : 0.6 + index * 0.03,
        corrected: {
          time: new Date(at).toISOString(),
          intervals: [{ p: 0.95, lo: new Date(at - halfMs).toISOString(), hi: new Date(at + halfMs).toISOString() }],
        },
      }),
    );
  });
  feed.send(cueRecord("w1", 44.9, "whistle"));
  feed.send(cueRecord("r1", 31, "roar"));
  feed.send(cueRecord("w2", 18.9, "whistle"));
  await page.waitForSelector('tr[data-event="anna/9"]');
  await page.waitForFunction("document.getAnimations().length === 0");
  await page.screenshot({ path: join(folder, "page-dark.png") });
  await page.click("#theme");
  await page.screenshot({ path: join(folder, "page-light.png") });
}

function cueRecord(cueId: string, secondsBack: number, kind: string) {
  const onset = new Date(NOW - secondsBack * 1000).toISOString();
  const data = { cueId, kind, onset, score: 0.97, channel: "ambience", count: kind === "whistle" ? 2 : 1 };
  return { ...eventRecord(cueId, 1), type: "touchline.cue.v1", data };
}
