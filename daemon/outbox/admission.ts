import type Database from "better-sqlite3";
import type { RecordKind } from "../records/index.js";
import type { TextDraft } from "./messages.js";
import type { OutputRoute } from "./store.js";

type LimitedDraft = Pick<TextDraft, "kind" | "class" | "key" | "dataJson">;

/** Kinds whose records are revised: a later one may lie outside the limits an earlier one met. */
const REVISED: readonly RecordKind[] = ["event", "moment"];
/** Of no session: the box's own. */
const BOX_KINDS: readonly RecordKind[] = ["health", "gap"];
/** Subjects remembered per output and lane: many matches. What is older is not revised any more. */
const SUBJECTS_KEPT = 50_000;
const TRIM_EVERY = 1000;

/** The limits that do not change over the revisions of a subject. */
export function mayTake(
  { kinds, sessions }: OutputRoute,
  { kind, session }: Pick<TextDraft, "kind" | "session">,
): boolean {
  if (kinds !== null && !kinds.includes(kind)) return false;
  return sessions == null || BOX_KINDS.includes(kind) || sessions.includes(session);
}

/** The limits that a correction may change, and what was let through them before. */
export class Admission {
  readonly #isKnown: Database.Statement<[number, string, string, string], { one: number }>;
  readonly #add: Database.Statement<[number, string, string, string]>;
  readonly #trim: Database.Statement<[number, number, number]>;
  #added = 0;

  constructor(db: Database.Database) {
    this.#isKnown = db.prepare(
      "SELECT 1 AS one FROM admitted WHERE track = ? AND kind = ? AND session = ? AND subject = ?",
    );
    this.#add = db.prepare("INSERT INTO admitted VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.#trim = db.prepare(
      `DELETE FROM admitted WHERE track = ? AND rowid < (SELECT rowid FROM admitted WHERE track = ? ORDER BY rowid DESC
       LIMIT 1 OFFSET ?)`,
    );
  }

  /** Part of the writer's transaction. */
  lets(route: OutputRoute, track: number, draft: TextDraft): boolean {
    if (!isLimited(route, draft.kind)) return true;
    const { kind, session, subject } = draft;
    const isWithin = meets(route, draft);
    if (!REVISED.includes(kind)) return isWithin;
    if (isWithin) this.#remember(track, draft);
    return isWithin || this.#isKnown.get(track, kind, session, subject) !== undefined;
  }

  #remember(track: number, { kind, session, subject }: TextDraft): void {
    this.#add.run(track, kind, session, subject);
    this.#added += 1;
    if (this.#added % TRIM_EVERY === 0) this.#trim.run(track, track, SUBJECTS_KEPT);
  }
}

function isLimited({ classes, teams, cars, minInterest }: OutputRoute, kind: RecordKind): boolean {
  if (classes !== null) return true;
  return (
    (kind === "event" && teams != null) ||
    (kind === "fuel" && cars != null) ||
    (kind === "moment" && minInterest != null)
  );
}

/** The limits that a correction may change, of this revision alone. */
export function meets({ classes, teams, cars, minInterest }: OutputRoute, draft: LimitedDraft): boolean {
  if (classes !== null && !classes.includes(draft.class)) return false;
  switch (draft.kind) {
    case "event":
      return teams == null || teams.includes(draft.key);
    case "fuel":
      return cars == null || cars.includes(draft.key);
    case "moment":
      return minInterest == null || interestOf(draft) >= minInterest;
    default:
      return true;
  }
}

function interestOf({ dataJson }: LimitedDraft): number {
  const { interest } = JSON.parse(dataJson) as { interest?: unknown };
  return typeof interest === "number" ? interest : 0;
}
