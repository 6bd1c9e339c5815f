import { isReached, type ProcessState, processes } from '@cutover/internal';
import { commandLineOf, feeds, trapsStop } from './process-facts.ts';
import { isTsx, wrapperOf } from './wrapper.ts';

/** The processes of a family that live at this moment. */
export type Family = () => readonly ProcessState[];

/**
 * All processes started by a session leader: its descendants, orphans of the session, and what these have started
 * since, as far as a check has seen it. Without /proc it is the process, and after its end its process group.
 */
export function familyOf(leader: number, look = processes): Family {
  let known: readonly ProcessState[] = [];
  return () => {
    const all = look();
    if (all.length === 0) return groupOf(leader);
    const kept = known.filter(({ pid, started }) =>
      all.some((one) => one.pid === pid && one.started === started),
    );
    const pids = new Set([leader, ...kept.map(({ pid }) => pid)]);
    // A child may have a lower pid than its parent, so repeat until no more are found.
    for (let size = 0; size < pids.size; ) {
      size = pids.size;
      for (const one of all) if (pids.has(one.parent) || one.session === leader) pids.add(one.pid);
    }
    known = all.filter(({ pid, state }) => pids.has(pid) && !'ZX'.includes(state));
    return known;
  };
}

/** The kernel reads a negative number as a process group. */
const groupOf = (leader: number): ProcessState[] =>
  [leader, -leader]
    .filter(isReached)
    .slice(0, 1)
    .map((pid) => ({ pid, state: 'R', parent: 0, session: leader, started: 0 }));

/**
 * The processes of a family that get a signal: the topmost ones, so a supervisor stops its own children; but the
 * children of a wrapper, which would end and leave them. A process that reads a pipe of one of them ends by itself
 * after it.
 */
export function frontOf(family: readonly ProcessState[]): readonly ProcessState[] {
  const below = (one: ProcessState): ProcessState[] => {
    const children = family.filter(({ parent }) => parent === one.pid);
    return children.length > 0 && abandons(one.pid) ? children.flatMap(below) : [one];
  };
  const orphans = family.filter(({ parent }) => !family.some(({ pid }) => pid === parent));
  const front = orphans.flatMap(below);
  const unfed = front.filter((reader) => !front.some((writer) => feeds(writer.pid, reader.pid)));
  return unfed.length > 0 ? unfed : front;
}

/**
 * Whether a process would end on a stop signal without its children, or kill them for it; a shell with a trap does
 * as its script says.
 */
function abandons(pid: number): boolean {
  const command = commandLineOf(pid);
  const wrapper = wrapperOf(command);
  return isTsx(command) || wrapper?.kind === 'runner' || (wrapper?.kind === 'shell' && !trapsStop(pid));
}
