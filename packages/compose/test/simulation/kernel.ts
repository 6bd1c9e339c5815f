/** Something that happens at a moment of virtual time; `cancelled` ones are passed over. */
export interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Whether it may settle a promise, so that promises must run to their next wait before the next event. */
  readonly settles: boolean;
  cancelled: boolean;
}

const settled = Promise.resolve();

/**
 * Virtual time: events in order of time, then of scheduling. Between two events every promise runs to its next wait,
 * so the code under test may use promises freely. Nothing here looks at the real time.
 */
export class Kernel {
  now = 0;
  /** Events that have run: what a simulation costs. */
  events = 0;
  /** When the last request that is under way arrives. */
  landing = 0;
  /** When the last request lands whose sender has given it up, or has died. */
  lateLanding = Number.NEGATIVE_INFINITY;
  /** Looks at the world after each event. */
  judge: () => void = () => {};
  readonly #queue: Scheduled[] = [];
  #order = 0;

  after(delay: number, run: () => void): Scheduled {
    return this.#schedule(delay, run, true);
  }

  /** As `after`, for what settles no promise and starts nothing that waits for one: half of all events, and cheaper. */
  quietly(delay: number, run: () => void): Scheduled {
    return this.#schedule(delay, run, false);
  }

  #schedule(delay: number, run: () => void, settles: boolean): Scheduled {
    const at = this.now + Math.max(0, delay);
    const scheduled = { at, order: ++this.#order, run, settles, cancelled: false };
    push(this.#queue, scheduled);
    return scheduled;
  }

  /** Runs until `done`, until nothing is left to happen, or until `limit` of virtual time. */
  run(done: () => boolean, limit: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          let last: Scheduled | undefined;
          do {
            last = done() ? undefined : this.#next(limit);
          } while (last && !last.settles);
          if (last) void settled.then(again);
          else resolve();
        } catch (error) {
          reject(error as Error);
        }
      };
      // A tick that a microtask asks for comes when all microtasks are through: a full drain without the event loop.
      const again = () => process.nextTick(step);
      void settled.then(again);
    });
  }

  #next(limit: number): Scheduled | undefined {
    for (;;) {
      const next = this.#queue[0];
      if (!next || next.at > limit) {
        if (Number.isFinite(limit)) this.now = Math.max(this.now, limit);
        return undefined;
      }
      pop(this.#queue);
      if (next.cancelled) continue;
      this.now = next.at;
      this.events++;
      next.run();
      this.judge();
      return next;
    }
  }
}

const before = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Scheduled[], item: Scheduled): void {
  let index = heap.push(item) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(item, heap[parent] as Scheduled)) break;
    heap[index] = heap[parent] as Scheduled;
    index = parent;
  }
  heap[index] = item;
}

function pop(heap: Scheduled[]): void {
  const last = heap.pop() as Scheduled;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child++;
    if (!before(heap[child] as Scheduled, last)) break;
    heap[index] = heap[child] as Scheduled;
    index = child;
  }
  heap[index] = last;
}
