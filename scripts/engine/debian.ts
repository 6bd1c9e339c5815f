import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { EngineError } from './step.ts';

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
    const mirror = suite && mirrorIn(file, text, suite);
    if (mirror) return mirror;
  }
  throw new EngineError(`Cannot find the Debian mirror: /etc/apt names no source for "${suite}"`);
}

/** The address of a suite's main archive in an apt sources file of either format. */
export const mirrorIn = (file: string, text: string, suite: string): string | undefined =>
  file.endsWith('.sources') ? mirrorOfStanzas(text, suite) : mirrorOfLines(text, suite);

function mirrorOfStanzas(text: string, suite: string): string | undefined {
  const stanza = text
    .split(/\n\s*\n/)
    .find((each) => new RegExp(`^Suites:.*\\b${suite}(?![-\\w])`, 'm').test(each));
  return stanza && /^URIs:\s*(https?:\S+)/m.exec(stanza)?.[1];
}

const mirrorOfLines = (text: string, suite: string): string | undefined =>
  new RegExp(`^deb\\s+(?:\\[.*?\\]\\s+)?(https?:\\S+)\\s+${suite}\\s`, 'm').exec(text)?.[1];
