import type { RestartSample } from './pm2-rules.ts';

/** Where restart counts are kept between two runs. */
export interface SampleStore {
  read(): Promise<readonly RestartSample[]>;
  write(samples: readonly RestartSample[]): Promise<void>;
}

export function samplesInMemory(): SampleStore {
  let kept: readonly RestartSample[] = [];
  return {
    read: async () => kept,
    write: async (samples) => {
      kept = samples;
    },
  };
}

/** With a file that is missing, corrupt or not writable the restart history is lost, but the check still works. */
export const samplesInFile = (file: string): SampleStore => ({
  read: async () => {
    try {
      const read: unknown = JSON.parse(await files().readFile(file, 'utf8'));
      return Array.isArray(read) ? read.filter(isSample) : [];
    } catch {
      return [];
    }
  },
  write: (samples) =>
    files()
      .writeFile(file, JSON.stringify(samples))
      .catch(() => {}),
});

/** Loaded only if a file is used: a HEALTHCHECK command without one should not load it. */
const files = () => process.getBuiltinModule('node:fs/promises');

const isSample = (value: unknown): value is RestartSample => {
  const { at, restarts } = Object(value) as Partial<RestartSample>;
  return typeof at === 'number' && typeof restarts === 'object' && restarts !== null;
};
