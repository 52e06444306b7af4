import { Command } from "commander";
import { SYSTEM_CLOCK } from "../clock.js";
import {
  AggregateRelay,
  applyHub,
  type HubPlan,
  hubServerConfig,
  loadHubPlan,
  type StreamOutcome,
  usedLanes,
} from "../cloud/index.js";
import { TouchlineError } from "../errors.js";
import type { NatsLink } from "../link.js";
import { createNatsLink } from "../nats-link.js";
import { LANES } from "../records/index.js";
import { renderTable } from "./terminal.js";

const CONNECT_MS = 10_000;

const HELP = `
The plan says which boxes write, who reads, and who looks after the hub; docs/cloud.md has the whole way.
With --json, apply and check print a line for each stream:
{"stream","outcome":"there|made|missing|differs|failed","detail"}.

Examples:
  touchline hub config hub.yaml > /etc/nats-server.conf
  touchline hub apply hub.yaml --server nats://127.0.0.1:4222 --nkey-file admin.nk
  touchline hub relay hub.yaml --nkey-file admin.nk
  touchline hub check hub.yaml --server tls://hub.example:4222 --nkey-file admin.nk --ca ca.pem

Exit codes: 0 all is as planned, 1 something is not, 69 the server is not there, 78 the plan is wrong.`;

interface Options {
  readonly server: string;
  readonly nkeyFile?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function hubCommand(): Command {
  const hub = new Command("hub")
    .description("The cloud side: a NATS server that takes the records of many boxes.")
    .addHelpText("after", HELP);
  hub
    .command("config")
    .description("Print the server's configuration: who may do what.")
    .argument("<plan>", "the plan (YAML)")
    .action((path: string) => void process.stdout.write(hubServerConfig(loadHubPlan(path))));
  for (const isDry of [false, true]) {
    const does = isDry
      ? "Compare the streams with the plan; change nothing."
      : "Make the streams that are missing. Never deletes one.";
    withLogin(hub.command(isDry ? "check" : "apply"))
      .description(does)
      .option("--json", "lines of JSON on stdout")
      .action((path: string, options: Options) => bringAbout(loadHubPlan(path), options, isDry));
  }
  withLogin(hub.command("relay"))
    .description(
      "Bring the streams of all boxes into the aggregates, for ever. Two may run: one works, the other stands by.",
    )
    .action((path: string, options: Options) => relay(loadHubPlan(path), options));
  return hub;
}

function withLogin(command: Command): Command {
  return command
    .argument("<plan>", "the plan (YAML)")
    .option("--server <url>", "the hub", "nats://127.0.0.1:4222")
    .option("--nkey-file <file>", "seed of an admin")
    .option("--creds <file>", "credentials of an admin")
    .option("--ca <file>", "certificate authority of the hub, PEM")
    .option("--cert <file>", "our certificate, PEM")
    .option("--key <file>", "its key, PEM");
}

async function relay(plan: HubPlan, options: Options): Promise<void> {
  const link = linkOf(options);
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  link.onState(({ state, detail }) => tell(`hub ${options.server}: ${state}${detail === null ? "" : `, ${detail}`}`));
  link.start();
  const lanes = LANES.filter((lane) => plan.boxes.some((box) => usedLanes(box).includes(lane)));
  const relays = lanes.map((lane) => {
    return new AggregateRelay({
      link,
      boxes: plan.boxes,
      lane,
      nowMs: () => performance.now(),
      onTrouble: (trouble) => tell(`${lane}: ${trouble}`),
      onRelayed: () => undefined,
    });
  });
  for (const one of relays) one.start();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await Promise.all(relays.map((one) => one.stop()));
  await link.stop();
}

async function bringAbout(plan: HubPlan, options: Options, isDry: boolean): Promise<void> {
  const { server, json } = options;
  const link = linkOf(options);
  link.start();
  try {
    await untilUp(link, server);
    const outcomes = await applyHub(link, plan, isDry);
    process.stdout.write(
      `${json === true ? outcomes.map((line) => JSON.stringify(line)).join("\n") : tableOf(outcomes)}\n`,
    );
    if (outcomes.some(({ outcome }) => ["failed", "missing", "differs"].includes(outcome))) process.exitCode = 1;
  } finally {
    await link.stop();
  }
}

function linkOf({ server, nkeyFile, creds, ca, cert, key }: Options): NatsLink {
  return createNatsLink({
    servers: [server],
    name: "touchline hub",
    clock: SYSTEM_CLOCK,
    ...(nkeyFile === undefined ? {} : { nkeyFile }),
    ...(creds === undefined ? {} : { credsFile: creds }),
    tls: {
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(cert === undefined ? {} : { certFile: cert }),
      ...(key === undefined ? {} : { keyFile: key }),
    },
  });
}

function untilUp(link: NatsLink, server: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new TouchlineError("HUB_UNREACHABLE", [server, link.status().detail ?? "no answer"])),
      CONNECT_MS,
    );
    const look = (): void => {
      if (link.status().state !== "up") return;
      clearTimeout(timer);
      resolve();
    };
    link.onState(look);
    look();
  });
}

function tableOf(outcomes: readonly StreamOutcome[]): string {
  return renderTable(
    ["stream", "", ""],
    outcomes.map(({ stream, outcome, detail }) => [stream, outcome, detail ?? ""]),
  );
}
