import { expect, test } from 'vitest';
import { mirrorIn } from './debian.ts';
import { freePrefix } from './network.ts';

const stanzas = `# comment
Types: deb
URIs: https://mirror.test/debian-security
Suites: bookworm-security
Components: main

Types: deb
# snapshot
URIs: https://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
`;

test.each([
  ['debian.sources', stanzas, 'https://mirror.test/debian'],
  [
    'debian.sources',
    stanzas.replace(' bookworm ', ' bookworm-updates bookworm '),
    'https://mirror.test/debian',
  ],
  ['debian.sources', stanzas.replace('bookworm bookworm-updates', 'trixie'), undefined],
  [
    'sources.list',
    'deb [arch=amd64 signed-by=/k] http://a.test/debian bookworm main',
    'http://a.test/debian',
  ],
  ['sources.list', '# deb http://a.test/debian bookworm main', undefined],
  ['sources.list', 'deb http://a.test/debian-security bookworm-security main', undefined],
  [
    'sources.list',
    'deb cdrom:[Debian]/ bookworm main\ndeb http://b.test/debian bookworm main',
    'http://b.test/debian',
  ],
])('mirrorIn finds the main archive in %s', (file, text, mirror) => {
  expect(mirrorIn(file, text, 'bookworm')).toBe(mirror);
});

test('freePrefix avoids what is inside, around or equal to a range, and a default route is none', () => {
  expect(freePrefix(['default', '192.0.2.0/24'])).toBe('10.213');
  expect(freePrefix(['10.213.40.0/26'])).toBe('10.97');
  expect(freePrefix(['10.0.0.0/8', '172.16.0.0/12'])).toBe('192.168');
  expect(freePrefix(['10.213.0.1', '10.97.0.0/16'])).toBe('172.29');
  expect(freePrefix(['0.0.0.0/1', '128.0.0.0/1'])).toBe('10.213');
});
