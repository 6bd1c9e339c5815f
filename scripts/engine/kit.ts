import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianMirror, keyring } from './debian.ts';
import { kitFolder } from './paths.ts';
import { type Scene, shell, step } from './step.ts';
import { inTemporaryFolder } from './temporary.ts';

/** Packages that are unpacked into a private folder: nothing is installed, so nothing starts and nothing must be purged. */
export interface Kit {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Without dependencies and even when the machine has a package of that name. */
  readonly alone?: boolean;
}

/** Unpacks a kit once; a kit that is there is whole, since it appears by rename. Packages the machine has are left out. */
export async function provideKit(scene: Scene, kit: Kit): Promise<string> {
  const folder = kitFolder(kit.name);
  if (existsSync(folder)) return folder;
  await step(scene, `Unpacked ${kit.packages.join(', ')} from Debian ${kit.suite}`, async () => {
    await inTemporaryFolder(async (temporary) => {
      await fetchPackages(scene, kit, temporary);
      const files = (await readdir(temporary)).filter((file) => file.endsWith('.deb'));
      await mkdir(join(temporary, 'root'));
      for (const file of files)
        await shell(scene)('dpkg-deb', ['-x', join(temporary, file), join(temporary, 'root')]);
      await mkdir(dirname(folder), { recursive: true });
      await rename(join(temporary, 'root'), folder);
    });
  });
  return folder;
}

// apt with lists, cache and sources of its own: of this machine it only reads which packages are installed.
async function fetchPackages(scene: Scene, kit: Kit, folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  await mkdir(join(apt, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'partial'));
  await writeFile(
    join(apt, 'list'),
    `deb [signed-by=${keyring()}] ${await debianMirror()} ${kit.suite} main\n`,
  );
  const options = Object.entries({
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': apt,
    'Dir::Cache::archives': folder,
    'Dir::Etc::sourcelist': join(apt, 'list'),
    'Dir::Etc::sourceparts': '-',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const install = ['install', '--yes', '--no-install-recommends', '--no-upgrade', '--download-only'];
  const run = shell(scene);
  await run('apt-get', [...options, 'update']);
  await run('apt-get', [...options, ...(kit.alone ? ['download'] : install), ...kit.packages], {
    cwd: folder,
  });
}
