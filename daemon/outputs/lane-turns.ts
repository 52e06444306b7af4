import { LANES, type Lane } from "../records/index.js";

/**
 * The lanes of one output share a line. While a lane has more than a page to send, those behind it send nothing: after an outage the live
 * lane is through first. A lane that cannot send (its stream is full, say) is not catching up, and holds back nobody.
 */
export class LaneTurns {
  readonly #catchingUp = new Set<Lane>();

  note(lane: Lane, isCatchingUp: boolean): void {
    if (isCatchingUp) this.#catchingUp.add(lane);
    else this.#catchingUp.delete(lane);
  }

  mustWait(lane: Lane): boolean {
    for (const other of LANES) {
      if (other === lane) return false;
      if (this.#catchingUp.has(other)) return true;
    }
    return false;
  }
}
