import { boxPermissions, consumerPermissions, type HubPlan, inboxOf, type Permissions } from "./hub-plan.js";

/** The accounts part of a `nats-server` configuration, complete with JetStream and TLS, as text. */
export function hubServerConfig(plan: HubPlan): string {
  return [
    "# Made by `touchline hub config`: change the plan, not this file.",
    `port: ${plan.port}`,
    "max_payload: 1MB",
    "# Two missed pings end a dead connection.",
    'ping_interval: "10s"',
    "ping_max: 2",
    "# The monitoring port has no login: this machine only.",
    'http: "127.0.0.1:8222"',
    'jetstream { store_dir: "/var/lib/nats" }',
    ...tlsLines(plan),
    "authorization {",
    "  users: [",
    ...plan.admins.map((nkey) => `    { nkey: ${nkey} }`),
    ...plan.boxes.flatMap((box) =>
      userLines(`${box.venue}/${box.box}, nats.inboxPrefix: ${inboxOf(box)}`, box.nkey, boxPermissions(box)),
    ),
    ...plan.consumers.flatMap((one) =>
      userLines(`${one.name}, inbox prefix _INBOX_${one.name}`, one.nkey, consumerPermissions(one)),
    ),
    "  ]",
    "}",
    "",
  ].join("\n");
}

function tlsLines({ tls }: HubPlan): string[] {
  if (tls === null) return [];
  return [
    "tls {",
    `  cert_file: ${JSON.stringify(tls.certFile)}`,
    `  key_file: ${JSON.stringify(tls.keyFile)}`,
    `  ca_file: ${JSON.stringify(tls.caFile)}`,
    "  # Boxes and consumers show a certificate of this authority, beside their key.",
    "  verify: true",
    "}",
  ];
}

function userLines(who: string, nkey: string, { publish, subscribe, allowResponses }: Permissions): string[] {
  return [
    `    # ${who.replace(/[^\x20-\x7e]/g, "?")}`,
    `    { nkey: ${nkey}, permissions: {`,
    `      publish: { allow: ${list(publish)} }`,
    `      subscribe: { allow: ${list(subscribe)} }`,
    ...(allowResponses ? ['      allow_responses: { max: 1, expires: "1m" }'] : []),
    "    } }",
  ];
}

function list(subjects: readonly string[]): string {
  return `[\n${subjects.map((subject) => `        ${JSON.stringify(subject)}`).join("\n")}\n      ]`;
}
