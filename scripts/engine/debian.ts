import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kitFolder, stateFolder } from './paths.ts';
import { EngineError, type Scene, shell, step } from './step.ts';

/** Packages that are unpacked into a private folder: nothing is installed, so nothing starts and nothing must be purged. */
export interface Kit {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Without dependencies and even when the machine has a package of that name. */
  readonly alone?: boolean;
}

const keyrings = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);
export const keyring = (): string => {
  const found = keyrings.find((file) => existsSync(file));
  if (!found) throw new EngineError('Cannot verify Debian packages: install debian-archive-keyring');
  return found;
};

/** The Debian suite this machine runs, or undefined where it is not Debian. */
export async function debianSuite(): Promise<string | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID=debian$/m.test(release) ? /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] : undefined;
}

/** The mirror that the machine's own apt uses for its suite. */
export async function debianMirror(): Promise<string> {
  const suite = await debianSuite();
  const parts = (await readdir('/etc/apt/sources.list.d').catch(() => [])).map(
    (file) => `sources.list.d/${file}`,
  );
  for (const file of ['sources.list', ...parts]) {
    const text = await readFile(`/etc/apt/${file}`, 'utf8').catch(() => '');
    const mirror =
      suite && (file.endsWith('.sources') ? mirrorOfStanzas(text, suite) : mirrorOfLines(text, suite));
    if (mirror) return mirror;
  }
  throw new EngineError(`Cannot find the Debian mirror: /etc/apt names no source for "${suite}"`);
}

function mirrorOfStanzas(text: string, suite: string): string | undefined {
  const stanza = text
    .split(/\n\s*\n/)
    .find((each) => new RegExp(`^Suites:.*\\b${suite}(?![-\\w])`, 'm').test(each));
  return stanza && /^URIs:\s*(https?:\S+)/m.exec(stanza)?.[1];
}

const mirrorOfLines = (text: string, suite: string): string | undefined =>
  new RegExp(`^deb\\s+(?:\\[.*?\\]\\s+)?(https?:\\S+)\\s+${suite}\\s`, 'm').exec(text)?.[1];

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

/** A folder beside the state it will be moved to, gone afterwards whatever happens. */
export async function inTemporaryFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(stateFolder, { recursive: true });
  const folder = await mkdtemp(`${stateFolder}/tmp-`);
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
