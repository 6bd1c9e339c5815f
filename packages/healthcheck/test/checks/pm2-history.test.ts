import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { samplesInFile } from '../../src/checks/pm2-history.ts';
import { newFolder } from '../helpers/servers.ts';

describe('samplesInFile', () => {
  it('gives back what was kept', async () => {
    const file = join(await newFolder(), 'samples.json');
    const samples = [{ at: 5, restarts: { 0: 2 } }];
    await samplesInFile(file).write(samples);
    await expect(samplesInFile(file).read()).resolves.toEqual(samples);
  });

  it.each(['', '{', 'null', '{}', '[1, null, {"at": 1}, {"at": "x", "restarts": {}}]'])(
    'begins anew with a file that holds %o',
    async (text) => {
      const file = join(await newFolder(), 'samples.json');
      await writeFile(file, text);
      await expect(samplesInFile(file).read()).resolves.toEqual([]);
    },
  );

  it('does without a file that cannot be', async () => {
    const store = samplesInFile(join(await newFolder(), 'no', 'folder'));
    await expect(store.write([])).resolves.toBeUndefined();
    await expect(store.read()).resolves.toEqual([]);
  });
});
