import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, type RunningDaemon, startTouchline } from "../touchline-process.js";

const now = () => new Date().toISOString();
const TIMELINE = [
  { id: 1, type: "period_start", time: now(), period: 1 },
  { id: 2, type: "corner_kick", time: now(), team: "home" },
  { id: 3, type: "score_change", time: now(), team: "home" },
  { id: 4, type: "offside", time: now(), team: "away" },
];

describe("touchline run with feeds of providers", () => {
  const folder = mkdtempSync(join(tmpdir(), "touchline-connectors-"));
  let provider: Server;
  let isAway = false;
  let timeline = TIMELINE;
  let daemon: RunningDaemon;
  let config: string;

  beforeAll(async () => {
    provider = createServer((request, response) => {
      if (isAway) return void response.destroy();
      if (request.headers.authorization !== "Bearer the-token") return void response.writeHead(401).end();
      if (request.url === "/stream") {
        response.write(
          `{"heartbeat":1}\n${JSON.stringify({ id: "p1", logger: "pusher", class: "foul", stamp: now() })}\n`,
        );
        return;
      }
      response.end(JSON.stringify({ schema: "http://schemas.sportradar.com/x", sport_event: {}, timeline }));
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    mkdirSync(join(folder, "exports"));
    writeFileSync(
      join(folder, "exports", "late.jsonl"),
      `${JSON.stringify({ id: "f1", logger: "filer", class: "goal" })}\n`,
    );
    writeFileSync(join(folder, "token"), "the-token\n");
    config = join(folder, "venue.yaml");
    writeFileSync(
      config,
      `venue: feeds
http: { listen: 127.0.0.1:0 }
inputs:
  connectors:
    - { name: timeline, type: poll, url: "${url}/timeline?key=secret", every: 100ms, tokenFile: token, vanished: retract }
    - { name: live, type: push, url: "${url}/stream", tokenFile: token }
    - { name: exports, type: folder, path: exports, every: 100ms }
log: { format: json }
`,
    );
    daemon = await startTouchline(config);
  }, 60_000);

  afterAll(async () => {
    daemon?.signal("SIGKILL");
    provider?.closeAllConnections();
    provider?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function states(): Promise<Map<string, string>> {
    const { events } = (await (await fetch(`${daemon.url}/v1/events`)).json()) as {
      events: { subject: string; data: { state: string } }[];
    };
    return new Map(events.map(({ subject, data }) => [subject, data.state]));
  }

  it("has the events of all three, and says that they are up", async () => {
    const wanted = ["timeline/1", "timeline/2", "timeline/3", "timeline/4", "pusher/p1", "filer/f1"];
    await eventually("all are there", async () => {
      const known = await states();
      return wanted.every((id) => known.has(id)) ? true : null;
    });
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    for (const name of ["timeline", "live", "exports"])
      expect(metrics).toContain(`touchline_connector_up{connector="${name}"} 1`);
    expect(daemon.stderr()).not.toContain("secret");
  });

  it("takes back what the provider took back", async () => {
    timeline = TIMELINE.slice(0, 3);
    await eventually("the offside is retracted", async () =>
      (await states()).get("timeline/4") === "retracted" ? true : null,
    );
  });

  it("says that a provider is away, stays ready, and goes on where it was after a restart", async () => {
    isAway = true;
    provider.closeAllConnections();
    const reason = await eventually("it is told", async () => {
      const { parts } = (await (await fetch(`${daemon.url}/readyz`)).json()) as {
        parts: { part: string; state: string; reason: string | null }[];
      };
      return parts.find(({ part, state }) => part === "connector timeline" && state === "degraded")?.reason ?? null;
    });
    expect(reason).not.toBe("connecting");
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
    daemon.signal("SIGTERM");
    expect(await daemon.exited).toBe(0);
    isAway = false;
    daemon = await startTouchline(config);
    await eventually("it is up again", async () => {
      const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
      return metrics.includes('touchline_connector_up{connector="timeline"} 1') ? metrics : null;
    });
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toContain('touchline_connector_events_total{connector="timeline",result="sent"} 0');
  });
});
