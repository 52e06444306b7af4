import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outputLines, readSamples } from "../../../daemon/commands/status.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";

const METRICS = `# HELP touchline_outbox_backlog Records.
touchline_outbox_backlog{output="a \\"b\\"",lane="live"} 3
touchline_outbox_backlog{output="a \\"b\\"",lane="analysis"} 1200
touchline_outbox_oldest_unsent_timestamp_seconds{output="a \\"b\\""} 1778956200.5
touchline_output_state{output="a \\"b\\"",state="up"} 0
touchline_output_state{output="a \\"b\\"",state="stalled"} 1
touchline_store_database_bytes 4096
touchline_store_short_of_room 1
`;
const OUTPUT = {
  output: 'a "b"',
  state: "stalled",
  backlog: { live: 3, analysis: 1200 },
  oldestUnsent: "2026-05-16T18:30:00.500Z",
};

function touchline(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, "dist", "daemon", "cli.js"), "status", ...args]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

async function withServer(metrics: string, use: (url: string) => Promise<void>): Promise<void> {
  const parts = [{ part: "store", needed: "live", state: "degraded", since: "", reason: "no room" }];
  const answers: Record<string, string> = {
    "/readyz": JSON.stringify({ state: "degraded", live: true, ready: false, parts }),
    "/version": '{"version":"1.2.3"}',
    "/metrics": metrics,
  };
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/readyz" ? 503 : 200).end(answers[request.url ?? ""]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => server.close(resolve));
}

describe("touchline status", () => {
  it("reads the outputs from the metrics", () => {
    expect(outputLines(readSamples(METRICS))).toEqual([OUTPUT]);
  });

  it("says how the daemon is, for people and for machines", async () => {
    await withServer(METRICS, async (url) => {
      const table = await touchline("--url", url);
      expect(table).toMatchObject({ code: 0, err: "" });
      expect(table.out).toContain(`touchline 1.2.3 at ${url}: degraded, short of room`);
      expect(table.out).toContain("no room");
      expect(table.out).toContain("1203");
      const { out } = await touchline("--url", url, "--json");
      expect(JSON.parse(out)).toEqual({
        url,
        version: "1.2.3",
        state: "degraded",
        live: true,
        ready: false,
        parts: [{ part: "store", state: "degraded", reason: "no room" }],
        store: { bytes: 4096, isShortOfRoom: true },
        outputs: [OUTPUT],
      });
    });
  });

  it("leaves with 69 when nobody is there", async () => {
    const { code, out, err } = await touchline("--url", "http://127.0.0.1:1");
    expect([code, out]).toEqual([69, ""]);
    expect(err).toContain("no touchline answers at http://127.0.0.1:1");
  });
});
