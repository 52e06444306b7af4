/** What of a damaged database was saved into the fresh one. */
export interface Salvage {
  /** Undelivered records that go out under the new epoch, with the ids they had. */
  readonly records: number;
  /** Undelivered records that cannot be read any more, each counted once. */
  readonly lostRecords: number;
  /** Accepted messages not worked in yet. */
  readonly messages: number;
  readonly lostMessages: number;
  /** The epoch before; `null`: not readable. */
  readonly epoch: string | null;
  /** Why nothing could be carried over; `null`: it could. */
  readonly failure: string | null;
}
