import { changedSettings, type Kept } from '../domain/configuration.ts';
import { earlierRelease, releasesOf } from '../domain/history.ts';
import { configurationOf, type JournalEntry, keptOf } from '../domain/journal.ts';
import type { ServiceName } from '../domain/layout.ts';
import { isSameTarget, type Release } from '../domain/release.ts';
import type { Engine } from '../ports/index.ts';
import type { Beginning } from './beginning.ts';

/** What is kept of what runs, and what containers get from it now. */
export async function keptNow(
  engine: Pick<Engine, 'kept'>,
  journal: readonly JournalEntry[],
): Promise<Kept | undefined> {
  const id = keptOf(journal);
  const configuration = id === undefined ? undefined : await engine.kept(id);
  return id !== undefined && configuration ? { id, configuration } : undefined;
}

export const NOT_RESTORABLE =
  'what was kept of the configuration that runs cannot be read: on a way back, what is started anew gets what is on disk';

/** Why a container of a rollback is not what ran then; never a secret that has changed since, which is not kept. */
export function settingsToRestore(beginning: Beginning, service: ServiceName): readonly string[] {
  const { journal, release } = beginning;
  // A rollback that was one switch to the old container must not create it anew with what is on disk now.
  if (release.kept === undefined) return [];
  const running = configurationOf(journal)[service];
  const unlikeThen = changedSettings(running, ranAs(beginning)?.configuration[service]);
  return changedSettings(running, release.configuration[service])
    .filter((setting) => unlikeThen.includes(setting))
    .map((setting) => `${service}: ${setting} becomes what it was when ${release.id} ran`);
}

/** What a rollback does not bring back, and what a start by hand would undo of it. */
export async function aboutConfiguration(
  engine: Pick<Engine, 'configuration'>,
  beginning: Beginning,
): Promise<readonly string[]> {
  const { release } = beginning;
  const before = ranAs(beginning);
  const stays = settingsThatDiffer(before?.configuration, release).map(
    (setting) => `${setting} stays as it is now, not as it was when ${release.id} ran`,
  );
  if (release.kept === undefined) return before?.kept === undefined ? stays : [lost(release), ...stays];
  const onDisk = settingsThatDiffer(await engine.configuration(), release);
  return onDisk.length === 0 ? stays : [...stays, otherwiseOnDisk(release, onDisk)];
}

/** The release as it was when it ran. */
function ranAs({ journal, release }: Beginning): Release | undefined {
  const known = [...releasesOf(journal), earlierRelease(journal)];
  return known.findLast((one) => isSameTarget(one, release));
}

const settingsThatDiffer = (
  configuration: Release['configuration'] = {},
  release: Release,
): readonly string[] =>
  Object.entries(configuration).flatMap(([service, fingerprint]) =>
    changedSettings(fingerprint, release.configuration[service]).map((setting) => `${service}: ${setting}`),
  );

const lost = ({ id }: Release): string =>
  `the configuration that ${id} ran with is not kept or cannot be read: what is on disk is taken`;

const otherwiseOnDisk = ({ id }: Release, settings: readonly string[]): string =>
  `${id} gets the configuration that was kept of it; on disk it is otherwise (${settings.join(', ')}): a bare \`up\` by hand would bring that at once, refresh() brings it through the idle slot`;
