import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Holder } from '../ports/index.ts';

/** The engine answered that it writes no entry. */
export const refused = (project: string, error: unknown): DeployError =>
  new DeployError(
    'journal-failed',
    {
      doing: `writing to the journal of ${project}`,
      found: messageOf(error),
      wanted: 'an engine that creates an empty volume for each entry',
      fix: 'see that the disk of the engine is not full; nothing was changed by this',
    },
    { cause: error },
  );

export const held = (project: string, { purpose, host, pid, since }: Holder): DeployError =>
  new DeployError(
    'locked',
    {
      doing: `locking ${project}`,
      found: `process ${pid} on ${host} has held the lock since ${since} (${purpose})`,
      wanted: 'no other deployment of this project',
      fix: 'wait for it; the lock of a dead process is taken over by the next run',
    },
    { facts: { holder: { purpose, host, pid, since } } },
  );

export const lost = (project: string, doing: string): DeployError =>
  new DeployError('locked', {
    doing: `${doing} of ${project}`,
    found: 'another process has taken the lock over',
    wanted: `to be the only one that deploys ${project}`,
    fix: 'see with status() who it is; this process does nothing further',
  });

export const contested = (project: string): DeployError =>
  new DeployError('locked', {
    doing: `locking ${project}`,
    found: 'the lock changes hands faster than it can be read',
    fix: 'try again when the other deployments have ended',
  });
