/** One possible link: likelihood ratio of "event made this cue" against "both have other causes". */
export interface Link {
  readonly event: number;
  readonly cue: number;
  readonly ratio: number;
}

/**
 * Probability of each link when an event has at most one cue and a cue at most one event: sum-product message passing on the
 * bipartite graph (J. Williams, R. Lau, "Approximate evaluation of marginal association probabilities with belief propagation", 2014).
 * It always converges; 30 sweeps are plenty for groups of a few events.
 */
export function linkProbabilities(links: readonly Link[], events: number, cues: number, sweeps = 30): Float64Array {
  const toCue = new Float64Array(links.length);
  const toEvent = new Float64Array(links.length).fill(1);
  const eventSum = new Float64Array(events);
  const cueSum = new Float64Array(cues);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    eventSum.fill(1);
    links.forEach((link, l) => {
      add(eventSum, link.event, link.ratio * get(toEvent, l));
    });
    cueSum.fill(1);
    links.forEach((link, l) => {
      const others = get(eventSum, link.event) - link.ratio * get(toEvent, l);
      toCue[l] = link.ratio / Math.max(1e-12, others);
      add(cueSum, link.cue, get(toCue, l));
    });
    let change = 0;
    links.forEach((link, l) => {
      const next = 1 / Math.max(1e-12, get(cueSum, link.cue) - get(toCue, l));
      change = Math.max(change, Math.abs(next - get(toEvent, l)));
      toEvent[l] = next;
    });
    if (change < 1e-6) break;
  }
  eventSum.fill(1);
  links.forEach((link, l) => {
    add(eventSum, link.event, link.ratio * get(toEvent, l));
  });
  return Float64Array.from(links, (link, l) => (link.ratio * get(toEvent, l)) / get(eventSum, link.event));
}

function get(values: Float64Array, index: number): number {
  return values[index] as number;
}

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = (values[index] as number) + amount;
}
