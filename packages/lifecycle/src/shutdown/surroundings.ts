import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the process can see of its machine or container. */
export interface Surroundings {
  readonly inContainer: boolean;
  /** The name of process 1, where it can be read. */
  readonly init: string | undefined;
  readonly psFound: boolean;
}

// Those that reap orphans. PM2 and Node, as process 1, do not.
const INITS = [
  'tini',
  'docker-init',
  'dumb-init',
  'catatonit',
  'init',
  'systemd',
  's6-svscan',
  'runit',
  'conmon',
];

export const isInit = (name: string): boolean => INITS.some((init) => name.startsWith(init));

export function readSurroundings(env: Readonly<Record<string, string | undefined>>): Surroundings {
  return {
    inContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    init: readInit(),
    psFound: (env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, 'ps'))),
  };
}

function readInit(): string | undefined {
  try {
    return readFileSync('/proc/1/comm', 'utf8').trim();
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
