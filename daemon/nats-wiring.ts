import { Counter, Gauge, type Registry } from "prom-client";
import type { VenueConfig } from "../config/index.js";
import type { Clock } from "./clock.js";
import { CONNECT_FAILURES, type LinkState, type NatsLink, type NatsLinkOptions } from "./link.js";
import { createNatsLink } from "./nats-link.js";
import type { Logger } from "./observe/index.js";

const STATES: readonly LinkState[] = ["connecting", "up", "stalled", "down"];

export interface NatsParts {
  readonly config: VenueConfig;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** The one link of the process to its NATS servers, started; `null` when none is configured. */
export function startNats({ config, clock, registry, logger }: NatsParts): NatsLink | null {
  if (config.nats.servers.length === 0) return null;
  const failures = new Counter({
    name: "touchline_nats_connect_failures_total",
    help: "Attempts to connect to NATS that failed, and connections that ended.",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of CONNECT_FAILURES) failures.inc({ reason }, 0);
  const state = new Gauge({
    name: "touchline_nats_state",
    help: "1 for the state the NATS link is in.",
    labelNames: ["state"],
    registers: [registry],
  });
  const link = createNatsLink({
    ...linkOptionsOf(config),
    name: `touchline ${config.venue}/${config.box}`,
    clock,
    onConnectFailed: (reason) => failures.inc({ reason }),
  });
  const show = (now: LinkState): void => {
    for (const candidate of STATES) state.set({ state: candidate }, candidate === now ? 1 : 0);
  };
  show("connecting");
  link.onState((status) => {
    show(status.state);
    logger.info({ ...status }, "the NATS link changed");
  });
  link.start();
  return link;
}

/** What the configuration says of servers, login and TLS; what it leaves out is left out. */
export function linkOptionsOf({ nats }: Pick<VenueConfig, "nats">): Omit<NatsLinkOptions, "name" | "clock"> {
  const { servers, credsFile, nkeyFile, tokenFile, loginFile, inboxPrefix, tls } = nats;
  const { caFile, certFile, keyFile, handshakeFirst } = tls;
  return {
    servers,
    ...given({ credsFile, nkeyFile, tokenFile, loginFile, inboxPrefix }),
    tls: { ...given({ caFile, certFile, keyFile }), handshakeFirst },
  };
}

function given<K extends string>(values: Readonly<Record<K, string | null>>): { [P in K]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as { [P in K]?: string };
}
