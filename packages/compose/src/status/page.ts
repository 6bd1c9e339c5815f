import type { Intent } from '../domain/intent.ts';
import { instancesInWords } from '../domain/live-slot.ts';
import type {
  ContainerStatus,
  DeployStatus,
  ServiceStatus,
  SlotStatus,
  StatusPart,
} from './deploy-status.ts';
import { HOW_TO_GO_ON } from './sentence.ts';

/** A deployment that never ended. */
type Left = Pick<Intent, 'kind' | 'release' | 'target' | 'origin'> & { readonly isGoingBack: boolean };

type Parts = Omit<DeployStatus, 'toString'>;

/** A status as a page of rows: a name, then what is known about it. */
export function pageOf(status: Parts, left: Left | undefined): string {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['live', [liveOf(status)]],
    ...Object.entries(status.slots).map(
      ([slot, of]) => [slot, [...containersOf(of), ...routerOf(of)]] as const,
    ),
    ...Object.entries(status.background).map(([name, of]) => [name, containersOf(of)] as const),
    ['settings', [settingsOf(status)]],
    ['lock', [lockOf(status)]],
    ['unfinished', [unfinishedOf(status, left)]],
    ['problems', problemsOf(status)],
    ['warnings', status.warnings],
    ['next', [nextOf(status, left)]],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.flatMap(([name, values]) =>
    values.map((value, index) => (index === 0 ? name : '').padEnd(width) + value),
  );
  return lines.join('\n');
}

const lacks = ({ problems }: Parts, wanted: StatusPart): boolean =>
  problems.some(({ part }) => part === wanted);

function liveOf({ live, stored, instances }: Parts): string {
  if (live === undefined) return instances ? `both slots: ${instancesInWords(instances)}` : 'unknown';
  return live === stored ? live : `${live}; a restarted router would choose ${stored ?? 'neither slot'}`;
}

function containersOf({ containers }: ServiceStatus | SlotStatus): readonly string[] {
  if (!containers) return ['unknown'];
  return containers.length === 0 ? ['no container'] : containers.map(containerOf);
}

const containerOf = ({ name, image, state, health, restarts }: ContainerStatus): string =>
  [
    `${name}: ${image}`,
    state,
    ...(health === 'none' ? [] : [health]),
    ...(restarts > 0 ? [`restarted ${restarts} times`] : []),
  ].join(', ');

const routerOf = ({ up, sessions }: SlotStatus): readonly string[] =>
  up === undefined ? [] : [`${up ? 'up' : 'down'} for the router, ${sessions} sessions`];

function settingsOf({ undeployed, kept }: Parts): string {
  if (!undeployed) return 'unknown';
  const source = kept === undefined ? '' : `kept of ${kept}; `;
  if (undeployed.length === 0) return `${source}as on disk`;
  return `${source}otherwise on disk: ${undeployed.join(', ')}. refresh() brings that through the idle slot, a bare up by hand at once`;
}

function lockOf(status: Parts): string {
  const { holder } = status;
  if (!holder) return lacks(status, 'lock') ? 'unknown' : 'free';
  return `process ${holder.pid} on ${holder.host} since ${holder.since}: ${holder.purpose}`;
}

function unfinishedOf(status: Parts, left: Left | undefined): string {
  if (!left) return lacks(status, 'journal') ? 'unknown' : 'nothing';
  const { kind, release, origin, target, isGoingBack } = left;
  return `${kind} of ${release.id}, ${origin} → ${target}${isGoingBack ? ', going back' : ''}`;
}

/** Parts that cannot be read for the same reason share a row. */
function problemsOf({ problems }: Parts): readonly string[] {
  const reasons = [...new Set(problems.map(({ reason }) => reason))];
  const partsOf = (wanted: string) =>
    problems.filter(({ reason }) => reason === wanted).map(({ part }) => part);
  return reasons.length === 0
    ? ['none']
    : reasons.map((reason) => `${partsOf(reason).join(', ')}: ${reason}`);
}

function nextOf({ holder, problems, live, slots, instances }: Parts, left: Left | undefined): string {
  const isDown = live !== undefined && !slots[live]?.up;
  const todo = [
    ...(isDown ? [`${live} has the traffic and is down: read the log of its container`] : []),
    ...(holder ? ['wait for the process that holds the lock, or end it'] : []),
    ...(problems.length > 0 ? ['fix the problems'] : []),
    ...(live === undefined && instances && !left && !holder
      ? ['set the instances of the router to one slot by hand, the one whose containers run']
      : []),
    ...(left && !holder ? [left.isGoingBack ? 'resume() finishes the rollback' : HOW_TO_GO_ON] : []),
  ];
  return todo.join('; then ') || 'nothing';
}
